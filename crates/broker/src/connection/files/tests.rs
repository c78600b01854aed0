use super::*;
use crate::testing::{TestFile, pattern};

const SIZE_BYTES: usize = 2_000_000;

#[tokio::test]
async fn a_cold_slice_becomes_warm() {
    let readers = ColdReaders::new(2);
    let content = pattern(SIZE_BYTES);
    let file = TestFile::with("warm", &content, true);
    assert!(readers.is_resident(file.as_ref(), 0, SIZE_BYTES as u64), "just written");
    file.drop_cache().expect("drops");
    // Some file systems live in the page cache: nothing is ever cold there.
    if !readers.is_resident(file.as_ref(), 0, SIZE_BYTES as u64) {
        let mut byte = [0; 1];
        assert_eq!(read_warm(file.as_ref(), &mut byte, 1_000_000).expect("reads"), WarmRead::Cold);
        readers.warm(Arc::clone(&file), 0, SIZE_BYTES as u64).await.expect("reads");
        assert!(readers.is_resident(file.as_ref(), 0, SIZE_BYTES as u64));
    }
    let mut bytes = vec![0; 1_000];
    assert_eq!(read_warm(file.as_ref(), &mut bytes, 999_000).expect("reads"), WarmRead::Whole);
    assert!(bytes == content[999_000..1_000_000]);
}

#[tokio::test]
async fn the_probe_says_the_same_as_the_kernels_own_count() {
    let readers = ColdReaders::new(1);
    let file = TestFile::with("probe", &pattern(SIZE_BYTES), true);
    for cold in [false, true] {
        if cold {
            file.drop_cache().expect("drops");
        }
        readers.has_cachestat.store(true, Ordering::Relaxed);
        let counted = readers.is_resident(file.as_ref(), 5_000, 500_000);
        readers.has_cachestat.store(false, Ordering::Relaxed);
        assert_eq!(readers.is_resident(file.as_ref(), 5_000, 500_000), counted, "cold: {cold}");
    }
}

#[test]
fn a_file_that_ends_early_is_too_short() {
    for real in [true, false] {
        let file = TestFile::with(&format!("early-{real}"), &pattern(100), real);
        let mut bytes = [0; 60];
        assert_eq!(read_warm(file.as_ref(), &mut bytes, 40).expect("reads"), WarmRead::Whole);
        assert_eq!(read_warm(file.as_ref(), &mut bytes, 41).expect("reads"), WarmRead::TooShort);
        assert_eq!(read_warm(file.as_ref(), &mut bytes, 1_000).expect("reads"), WarmRead::TooShort);
    }
}
