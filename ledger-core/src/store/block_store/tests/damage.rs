//! What happens to the files from outside.

use super::*;

on_each_engine!(a_log_with_a_flipped_byte_is_whole_or_not_opened);

/// A flipped byte anywhere in the engine's file: sled drops what follows, without a word, redb may stumble over it much later.
/// The store says so, or the byte did not matter.
async fn a_log_with_a_flipped_byte_is_whole_or_not_opened(kind: EngineKind) {
    let (dir, path) = temp();
    let store = create(&path, kind);
    for chunk in 0..4 {
        assert!(store.append_many(singles("a", chunk * 500..(chunk + 1) * 500)).await.iter().all(Result::is_ok));
    }
    store.append_many(singles("a", 2_000..2_001)).await.pop().unwrap().unwrap();
    let whole = store.read_all(None, usize::MAX).await.unwrap();
    drop(store);
    let good = fs::read(path.join(kind.file())).unwrap();
    let used = good.iter().rposition(|byte| *byte != 0).unwrap() + 1;
    let mut found = 0;
    for place in 0..40 {
        let twin = dir.path().join(format!("twin-{place}"));
        copy(&path, &twin);
        let mut bad = good.clone();
        bad[place * 7_919 * 131 % used] ^= 0x40;
        fs::write(twin.join(kind.file()), bad).unwrap();
        match open(&twin) {
            Ok(store) => match store.read_all(None, usize::MAX).await {
                // The byte was in what the engine does not need any more.
                Ok(records) => assert_eq!(records, whole, "place {place}"),
                Err(ReadError::Corrupt(_)) => found += 1,
                Err(other) => panic!("place {place}: {other}"),
            },
            Err(OpenError::Damaged { .. }) => found += 1,
            Err(other) => panic!("place {place}: {other}"),
        }
    }
    println!("{kind}: {found} of 40 bytes mattered");
    assert!(found > 10, "{found}");
    fs::remove_file(path.join(watermark::FILE)).unwrap();
    assert!(matches!(open(&path), Err(OpenError::Damaged { what, .. }) if what.contains("acknowledged")));
}

#[cfg(unix)]
#[test]
fn a_directory_that_may_not_be_written_is_named() {
    use std::os::unix::fs::PermissionsExt;
    let (dir, path) = temp();
    let kind = EngineKind::Sled;
    drop(create(&path, kind));
    let modes = |mode: u32| {
        fs::set_permissions(path.join("db"), fs::Permissions::from_mode(mode)).unwrap();
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(mode | 0o111)).unwrap();
    };
    modes(0o444);
    if fs::OpenOptions::new().append(true).open(path.join("db")).is_ok() {
        println!("skipped: this user may write everything, whatever the permissions say");
    } else {
        assert!(matches!(open(&path), Err(OpenError::NotWritable { .. })));
        let new = dir.path().join("new");
        assert!(matches!(BlockStore::create(new, OpenOptions::of(kind)), Err(OpenError::NotWritable { .. })));
    }
    modes(0o644);
}
