//! What the disk itself takes: a plain file, appended to and synced, its writers gathered as the log gathers its own.

use crate::exit::Failure;
use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::sync::mpsc;
use tokio::sync::oneshot;

type Waiting = (Vec<u8>, oneshot::Sender<std::io::Result<()>>);

/// A file with one thread that writes: all that waits is written, synced once, then acknowledged.
pub struct PlainFile {
    sender: Option<mpsc::Sender<Waiting>>,
    writer: Option<std::thread::JoinHandle<()>>,
}

impl PlainFile {
    pub fn create(path: &Path) -> Result<Self, Failure> {
        let mut file =
            File::create(path).map_err(|error| Failure::Unavailable(format!("{}: {error}", path.display())))?;
        let (sender, receiver) = mpsc::channel::<Waiting>();
        let writer = std::thread::spawn(move || {
            while let Ok(first) = receiver.recv() {
                let group: Vec<Waiting> = std::iter::once(first).chain(receiver.try_iter()).collect();
                let bytes: Vec<u8> = group.iter().flat_map(|(bytes, _)| bytes.iter().copied()).collect();
                let written = file.write_all(&bytes).and_then(|()| file.sync_data());
                for (_, answer) in group {
                    let result = written.as_ref().map(|&()| ()).map_err(|error| std::io::Error::from(error.kind()));
                    // a writer that is gone needs no answer
                    let _ = answer.send(result);
                }
            }
        });
        Ok(Self { sender: Some(sender), writer: Some(writer) })
    }

    /// Appends, and waits for the sync.
    pub async fn append(&self, bytes: Vec<u8>) -> Result<(), Failure> {
        let gone = || Failure::Unavailable("the writer of the plain file ended".to_owned());
        let (answer, synced) = oneshot::channel();
        self.sender.as_ref().ok_or_else(gone)?.send((bytes, answer)).map_err(|_| gone())?;
        synced.await.map_err(|_| gone())?.map_err(|error| Failure::Unavailable(error.to_string()))
    }
}

impl Drop for PlainFile {
    fn drop(&mut self) {
        self.sender = None;
        if let Some(writer) = self.writer.take() {
            // a writer that failed has said so to those who waited
            let _ = writer.join();
        }
    }
}
