use std::io::Write;

use lz4_flex::frame::{BlockMode, BlockSize, FrameEncoder, FrameInfo};
use proptest::prelude::*;

use super::*;

const CAP: usize = 1 << 20;

fn packed(compression: Compression, input: &[u8]) -> Vec<u8> {
    let mut output = Vec::new();
    compress(compression, CompressionLevel::Default, input, &mut output).expect("packs");
    output
}

fn sample(size: usize) -> Vec<u8> {
    (0..size as u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 27) as u8).collect()
}

#[test]
fn ids_and_names() {
    for (id, name) in ["none", "gzip", "snappy", "lz4", "zstd"].into_iter().enumerate() {
        let codec = Compression::from_id(id as u8).expect("exists");
        assert_eq!(codec.id(), id as u8);
        assert_eq!(codec.name(), name);
        assert_eq!(Compression::from_name(name), Some(codec));
    }
    assert_eq!(Compression::from_id(5), None);
    assert_eq!(Compression::from_name("producer"), None);
}

#[test]
fn every_codec_and_level_round_trips() {
    for codec in Compression::ALL {
        for size in [0, 1, 1000, 40_000, 300_000] {
            let input = sample(size);
            for level in [CompressionLevel::Default, CompressionLevel::Level(1), CompressionLevel::Level(99)]
            {
                let mut output = vec![7];
                compress(codec, level, &input, &mut output).expect("packs");
                assert_eq!(output[0], 7, "the output is appended");
                assert_eq!(decompress(codec, &output[1..], CAP).as_deref(), Ok(&input[..]), "{codec} {size}");
            }
        }
    }
}

#[test]
fn the_cap_is_exact() {
    for codec in Compression::ALL {
        let input = sample(100_000);
        let bytes = packed(codec, &input);
        assert_eq!(decompress(codec, &bytes, 100_000).map(|output| output.len()), Ok(100_000), "{codec}");
        let too_large = CompressionError::OutputTooLarge { compression: codec, bytes_max: 99_999 };
        assert_eq!(decompress(codec, &bytes, 99_999), Err(too_large), "{codec}");
    }
}

/// What `decompress` makes of a bomb, and that it stopped at the cap.
fn check_bomb(codec: Compression, bomb: &[u8]) {
    let too_large = CompressionError::OutputTooLarge { compression: codec, bytes_max: CAP };
    let mut decompressor = Decompressor::new(codec, bomb, CAP).expect("starts");
    let mut buffer = vec![0; 4096];
    let error = loop {
        match decompressor.read(&mut buffer) {
            Ok(0) => panic!("{codec}: the bomb ended below the cap"),
            Ok(_) => {}
            Err(error) => break error,
        }
    };
    assert_eq!(error, too_large);
    assert!(decompressor.output_bytes() <= CAP);
    assert_eq!(decompress(codec, bomb, CAP), Err(too_large));
}

#[test]
fn bombs_stop_at_the_cap() {
    let zeros = vec![0; 64 << 20];
    for codec in [Compression::Gzip, Compression::Snappy, Compression::Lz4, Compression::Zstd] {
        check_bomb(codec, &packed(codec, &zeros));
    }
    let raw = snap::raw::Encoder::new().compress_vec(&zeros).expect("packs");
    check_bomb(Compression::Snappy, &raw);
}

#[test]
fn a_length_that_lies_takes_no_memory() {
    // A raw snappy block that claims 4 GiB - 1 in 6 bytes.
    let lie = [0xff, 0xff, 0xff, 0xff, 0x0f, 0x00];
    assert!(matches!(
        decompress(Compression::Snappy, &lie, usize::MAX),
        Err(CompressionError::Damaged { compression: Compression::Snappy, .. })
    ));
    // A xerial block that claims more bytes than follow.
    let mut cut = packed(Compression::Snappy, b"");
    cut.extend_from_slice(&[0x7f, 0xff, 0xff, 0xff, 1]);
    assert!(matches!(decompress(Compression::Snappy, &cut, CAP), Err(CompressionError::Damaged { .. })));
    // A zstd frame that asks for a window of 2 GiB.
    let window = [0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xa8, 0x01, 0x00, 0x00];
    assert!(matches!(decompress(Compression::Zstd, &window, CAP), Err(CompressionError::Damaged { .. })));
}

#[test]
fn forms_that_other_clients_write_are_read() {
    let input = sample(200_000);
    let raw = snap::raw::Encoder::new().compress_vec(&input).expect("packs");
    assert_eq!(decompress(Compression::Snappy, &raw, CAP).as_ref(), Ok(&input), "raw snappy (librdkafka)");
    let twice = [packed(Compression::Snappy, &input), packed(Compression::Snappy, &input)].concat();
    assert_eq!(decompress(Compression::Snappy, &twice, CAP), Ok(input.repeat(2)), "xerial streams in a row");
    let members = [packed(Compression::Gzip, &input), packed(Compression::Gzip, &input)].concat();
    assert_eq!(decompress(Compression::Gzip, &members, CAP), Ok(input.repeat(2)), "gzip members in a row");
    for (mode, size, checksums) in [
        (BlockMode::Independent, BlockSize::Max256KB, false),
        (BlockMode::Linked, BlockSize::Max64KB, true),
        (BlockMode::Linked, BlockSize::Max4MB, false),
    ] {
        let frame = FrameInfo::new()
            .block_mode(mode)
            .block_size(size)
            .block_checksums(checksums)
            .content_checksum(checksums)
            .content_size(Some(input.len() as u64));
        let mut encoder = FrameEncoder::with_frame_info(frame, Vec::new());
        encoder.write_all(&input).expect("packs");
        let bytes = encoder.finish().expect("packs");
        assert_eq!(decompress(Compression::Lz4, &bytes, CAP).as_ref(), Ok(&input), "{mode:?} {size:?}");
    }
}

#[test]
fn what_is_cut_off_is_damaged() {
    let input = sample(5000);
    for codec in [Compression::Gzip, Compression::Snappy, Compression::Lz4, Compression::Zstd] {
        let bytes = packed(codec, &input);
        for end in [bytes.len() - 5, bytes.len() / 2, 20] {
            let result = decompress(codec, &bytes[..end], CAP);
            assert!(result != Ok(input.clone()), "{codec} cut at {end} cannot be whole");
        }
    }
}

proptest! {
    #[test]
    fn no_bytes_panic_or_pass_the_cap(codec in 0..5u8, bytes: Vec<u8>, cap in 0..5000usize) {
        let codec = Compression::from_id(codec).expect("exists");
        if let Ok(output) = decompress(codec, &bytes, cap) {
            prop_assert!(output.len() <= cap);
        }
    }

    #[test]
    fn changed_bytes_do_not_panic(
        codec in 1..5u8,
        input in proptest::collection::vec(0..4u8, 0..3000),
        flips in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let codec = Compression::from_id(codec).expect("exists");
        let mut bytes = packed(codec, &input);
        for (index, value) in flips {
            let at = index.index(bytes.len());
            bytes[at] = value;
        }
        if let Ok(output) = decompress(codec, &bytes, CAP) {
            prop_assert!(output.len() <= CAP);
        }
    }
}
