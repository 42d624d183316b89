//! The keys of borrowers: a directory of its own beside the log, never in the log, in a snapshot or in a backup of it.
//!
//! 256 files `00.keys` to `ff.keys` of slots of 64 bytes: SHA-256 of the borrower's id, and the key; a borrower's file is the
//! first byte of the hash. Destroying a key writes zeros over it in place and syncs; the slot stays, so that an erased borrower
//! is told from one who was never known. No file and no index holds a second copy. What a file system or a drive keeps of
//! overwritten blocks is beyond this program: put the directory on a volume that does not copy on write or is encrypted.

use super::BorrowerKey;
use crate::private_file::{self, PrivateFileError};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

const SLOT: usize = 64;

/// What is known of a borrower's key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyState {
    /// There never was one here.
    None,
    /// It is here.
    Here(BorrowerKey),
    /// It was destroyed.
    Destroyed,
}

/// The keys of borrowers, in a directory. One process at a time may change them: that which has the log open.
#[derive(Debug, Clone)]
pub struct BorrowerKeys {
    directory: PathBuf,
}

/// A file of slots.
struct Slots {
    path: PathBuf,
    file: File,
    bytes: Zeroizing<Vec<u8>>,
}

impl BorrowerKeys {
    /// Those of a directory, which is made with the first key.
    #[must_use]
    pub fn new(directory: impl Into<PathBuf>) -> Self {
        Self { directory: directory.into() }
    }

    /// The directory.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    fn slots(&self, id: &[u8; 32], make: bool) -> Result<Option<Slots>, PrivateFileError> {
        let [first, ..] = id;
        let path = self.directory.join(format!("{first:02x}.keys"));
        if make {
            private_file::directory(&self.directory)?;
        }
        let failed = |error: std::io::Error| PrivateFileError::io(&path, &error);
        let mut file = match private_file::options().read(true).write(true).create(make).open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound && !make => return Ok(None),
            Err(error) => return Err(failed(error)),
        };
        private_file::check(&path, &file)?;
        let length = file.metadata().map_err(failed)?.len();
        let mut bytes = Zeroizing::new(Vec::with_capacity(usize::try_from(length).unwrap_or_default()));
        file.read_to_end(&mut bytes).map_err(failed)?;
        Ok(Some(Slots { path, file, bytes }))
    }

    /// What is known of a borrower's key.
    ///
    /// # Errors
    /// The directory cannot be read, or others may read it.
    pub fn find(&self, borrower: &str) -> Result<KeyState, PrivateFileError> {
        let id = id(borrower);
        Ok(self.slots(&id, false)?.map_or(KeyState::None, |slots| slots.state(&id)))
    }

    /// The borrower's key, or if there never was one, these fresh random bytes, which are on disk afterwards.
    ///
    /// # Errors
    /// The directory cannot be written, or others may read it.
    pub fn find_or_keep(&self, borrower: &str, fresh: &BorrowerKey) -> Result<KeyState, PrivateFileError> {
        let id = id(borrower);
        let Some(mut slots) = self.slots(&id, true)? else { return Ok(KeyState::None) };
        let state = slots.state(&id);
        if state != KeyState::None {
            return Ok(state);
        }
        let slot = Zeroizing::new([id, *fresh.bytes()].concat());
        // a slot that a power loss cut off is written over
        let end = slots.bytes.chunks_exact(SLOT).len().saturating_mul(SLOT);
        slots.write(end, &slot)?;
        let directory = File::open(&self.directory).and_then(|directory| directory.sync_all());
        directory.map_err(|error| PrivateFileError::io(&self.directory, &error))?;
        Ok(KeyState::Here(fresh.clone()))
    }

    /// Destroys a borrower's key; whether there was one.
    ///
    /// # Errors
    /// It cannot be written over.
    pub fn destroy(&self, borrower: &str) -> Result<bool, PrivateFileError> {
        let id = id(borrower);
        let Some(mut slots) = self.slots(&id, false)? else { return Ok(false) };
        let Some(at) = slots.place(&id) else { return Ok(false) };
        let here = matches!(slots.state(&id), KeyState::Here(_));
        slots.write(at.saturating_add(32), &[0; 32])?;
        Ok(here)
    }
}

impl Slots {
    fn place(&self, id: &[u8; 32]) -> Option<usize> {
        let slot = self.bytes.chunks_exact(SLOT).position(|slot| slot.starts_with(id))?;
        slot.checked_mul(SLOT)
    }

    fn state(&self, id: &[u8; 32]) -> KeyState {
        let slot = self.place(id).and_then(|at| self.bytes.get(at..)?.first_chunk::<SLOT>());
        match slot.and_then(|slot| slot.last_chunk::<32>()) {
            None => KeyState::None,
            Some(key) if *key == [0; 32] => KeyState::Destroyed,
            Some(key) => KeyState::Here(BorrowerKey::new(*key)),
        }
    }

    fn write(&mut self, at: usize, bytes: &[u8]) -> Result<(), PrivateFileError> {
        let written = self.file.seek(SeekFrom::Start(at as u64)).and_then(|_| {
            self.file.write_all(bytes)?;
            self.file.sync_all()
        });
        written.map_err(|error| PrivateFileError::io(&self.path, &error))
    }
}

fn id(borrower: &str) -> [u8; 32] {
    Sha256::digest(format!("iledger borrower {borrower}").as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(directory: &Path) -> Vec<u8> {
        let mut bytes = Vec::new();
        for entry in std::fs::read_dir(directory).unwrap() {
            bytes.extend(std::fs::read(entry.unwrap().path()).unwrap());
        }
        bytes
    }

    #[test]
    fn a_destroyed_key_is_nowhere_and_stays_known_as_destroyed() {
        let directory = tempfile::tempdir().unwrap();
        let keys = BorrowerKeys::new(directory.path().join("keys"));
        assert_eq!(keys.find("B-1").unwrap(), KeyState::None);
        assert!(!keys.destroy("B-1").unwrap());
        for number in 0..600_u32 {
            let mut fresh = [0x55; 32];
            fresh[..4].copy_from_slice(&number.to_be_bytes());
            let key = BorrowerKey::new(fresh);
            assert_eq!(keys.find_or_keep(&format!("B-{number}"), &key).unwrap(), KeyState::Here(key));
        }
        let KeyState::Here(first) = keys.find("B-1").unwrap() else { panic!() };
        assert_eq!(keys.find_or_keep("B-1", &BorrowerKey::new([9; 32])).unwrap(), KeyState::Here(first.clone()));
        let there = |key: &BorrowerKey| files(keys.directory()).windows(32).any(|window| window == key.bytes());
        assert!(there(&first));
        assert!(keys.destroy("B-1").unwrap());
        assert!(!there(&first));
        assert_eq!(keys.find("B-1").unwrap(), KeyState::Destroyed);
        assert_eq!(keys.find_or_keep("B-1", &BorrowerKey::new([9; 32])).unwrap(), KeyState::Destroyed);
        assert!(!keys.destroy("B-1").unwrap());
        assert!(matches!(keys.find("B-2").unwrap(), KeyState::Here(_)));
        assert_eq!(files(keys.directory()).len(), 600 * SLOT);
    }

    #[test]
    fn a_slot_that_was_cut_off_is_written_over() {
        let directory = tempfile::tempdir().unwrap();
        let keys = BorrowerKeys::new(directory.path().join("keys"));
        keys.find_or_keep("B-1", &BorrowerKey::new([1; 32])).unwrap();
        let path = std::fs::read_dir(keys.directory()).unwrap().next().unwrap().unwrap().path();
        std::fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(40).unwrap();
        assert_eq!(keys.find("B-1").unwrap(), KeyState::None);
        keys.find_or_keep("B-1", &BorrowerKey::new([2; 32])).unwrap();
        assert_eq!(keys.find("B-1").unwrap(), KeyState::Here(BorrowerKey::new([2; 32])));
    }

    #[cfg(unix)]
    #[test]
    fn keys_that_others_may_read_are_not_used() {
        use std::os::unix::fs::PermissionsExt as _;
        let directory = tempfile::tempdir().unwrap();
        let keys = BorrowerKeys::new(directory.path().join("keys"));
        keys.find_or_keep("B-1", &BorrowerKey::new([1; 32])).unwrap();
        let path = std::fs::read_dir(keys.directory()).unwrap().next().unwrap().unwrap().path();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        assert!(matches!(keys.find("B-1"), Err(PrivateFileError::Open { mode: 0o644, .. })));
    }
}
