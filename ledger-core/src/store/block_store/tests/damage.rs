//! What happens to the files from outside.

use super::*;

on_each_engine!(a_log_with_a_flipped_byte_is_whole_or_not_opened, no_file_can_be_harmed_without_a_word);

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

/// Every file of a store: cut short, gone, or with a byte changed; also the small ones beside the log, and those of large values.
async fn no_file_can_be_harmed_without_a_word(kind: EngineKind) {
    let (dir, path) = temp();
    let store = create(&path, kind);
    let noise: Vec<u8> = (0..6_000_u32).flat_map(|n| <sha2::Sha256 as sha2::Digest>::digest(n.to_be_bytes())).collect();
    store.append(append("large", None, vec![event(1, noise)])).await.unwrap();
    assert!(store.append_many(singles("a", 0..500)).await.iter().all(Result::is_ok));
    store.append(append("b", None, vec![event(2, vec![1])])).await.unwrap();
    let whole = store.read_all(None, usize::MAX).await.unwrap();
    drop(store);
    // Once more, so that sled writes what it writes on opening.
    drop(open(&path).unwrap());
    let mut files = Vec::new();
    for entry in fs::read_dir(&path).unwrap().map(Result::unwrap) {
        if entry.path().is_dir() {
            files.extend(fs::read_dir(entry.path()).unwrap().map(|entry| entry.unwrap().path()));
        } else {
            files.push(entry.path());
        }
    }
    let large = files.iter().filter(|file| file.parent() != Some(&path)).count();
    assert!(kind != EngineKind::Sled || large > 0, "{files:?}");
    let mut harmed = 0;
    for (number, file) in files.iter().enumerate() {
        let name = file.strip_prefix(&path).unwrap();
        let good = fs::read(file).unwrap();
        let cuts = [0, 1, good.len() / 2, good.len().saturating_sub(1)].map(|len| Some(good[..len].to_vec()));
        let flips = [0, good.len() / 3, good.len().saturating_sub(1)].map(|at| {
            let mut bad = good.clone();
            if let Some(byte) = bad.get_mut(at) {
                *byte ^= 0x08;
            }
            Some(bad)
        });
        for (way, bad) in cuts.into_iter().chain(flips).chain([None]).enumerate() {
            let twin = dir.path().join(format!("twin-{number}-{way}"));
            copy(&path, &twin);
            match &bad {
                Some(bad) => fs::write(twin.join(name), bad).unwrap(),
                None => fs::remove_file(twin.join(name)).unwrap(),
            }
            let place = format!("{kind}: {} ({way})", name.display());
            let report = BlockStore::check(&twin, dir.path(), |_| true);
            let silent = match open(&twin) {
                Ok(store) => match store.read_all(None, usize::MAX).await {
                    Ok(records) => {
                        assert!(records == whole, "{place}: {} events of {}", records.len(), whole.len());
                        true
                    }
                    Err(ReadError::Corrupt(_)) => false,
                    Err(other) => panic!("{place}: {other}"),
                },
                Err(OpenError::Damaged { what, .. } | OpenError::NotAStore { why: what, .. }) => {
                    println!("{place}: {what}");
                    false
                }
                Err(other) => panic!("{place}: {other:?}"),
            };
            harmed += u32::from(!silent);
            match report {
                Ok(report) => {
                    let report = report.unwrap();
                    assert!(silent || !report.findings.is_empty(), "{place}: {report:?}");
                    // What it calls intact is.
                    assert!(report.events() <= whole.len() as u64);
                    assert!(
                        !report.findings.is_empty() || report.events() == whole.len() as u64,
                        "{place}: {report:?}"
                    );
                }
                Err(OpenError::Damaged { .. } | OpenError::NotAStore { .. }) => {}
                Err(other) => panic!("{place}: {other:?}"),
            }
            fs::remove_dir_all(twin).unwrap();
        }
    }
    println!("{kind}: {} files, {harmed} of {} harms mattered", files.len(), files.len() * 8);
    assert!(harmed > 10);
}
