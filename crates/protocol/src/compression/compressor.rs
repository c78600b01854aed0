//! Packing, in the forms that every client reads: gzip, xerial snappy, LZ4 frames with independent blocks of
//! 64 KiB (the Java client reads no others), zstd frames. Not a stream: a batch is built whole, then packed.

use std::io::{self, Write};

use flate2::write::GzEncoder;
use lz4_flex::frame::{BlockMode, BlockSize, FrameEncoder, FrameInfo};

use super::{Compression, CompressionError, CompressionLevel, snappy};

/// Appends the packed form of `input` to `output`.
pub fn compress(
    compression: Compression,
    level: CompressionLevel,
    input: &[u8],
    output: &mut Vec<u8>,
) -> Result<(), CompressionError> {
    let level = level_within(compression, level);
    let packed = match compression {
        Compression::None => output.write_all(input),
        Compression::Gzip => gzip(level, input, output),
        Compression::Snappy => snappy::compress(input, output),
        Compression::Lz4 => lz4(input, output),
        Compression::Zstd => zstd_frame(level, input, output),
    };
    packed.map_err(|error| CompressionError::CannotPack { compression, reason: error.to_string() })
}

fn level_within(compression: Compression, level: CompressionLevel) -> Option<i32> {
    match (level, compression.levels()) {
        (CompressionLevel::Level(level), Some(levels)) => Some(level.clamp(*levels.start(), *levels.end())),
        (CompressionLevel::Default, _) | (_, None) => None,
    }
}

fn gzip(level: Option<i32>, input: &[u8], output: &mut Vec<u8>) -> io::Result<()> {
    let level =
        level.map_or_else(flate2::Compression::default, |level| flate2::Compression::new(level as u32));
    let mut encoder = GzEncoder::new(output, level);
    encoder.write_all(input)?;
    encoder.finish().map(drop)
}

fn lz4(input: &[u8], output: &mut Vec<u8>) -> io::Result<()> {
    let frame = FrameInfo::new().block_size(BlockSize::Max64KB).block_mode(BlockMode::Independent);
    let mut encoder = FrameEncoder::with_frame_info(frame, output);
    encoder.write_all(input)?;
    encoder.finish().map(drop).map_err(io::Error::other)
}

/// The level that Kafka takes for zstd where none is configured.
const ZSTD_LEVEL_DEFAULT: i32 = 3;

fn zstd_frame(level: Option<i32>, input: &[u8], output: &mut Vec<u8>) -> io::Result<()> {
    let mut encoder = zstd::stream::write::Encoder::new(output, level.unwrap_or(ZSTD_LEVEL_DEFAULT))?;
    // Without its size a small batch would be written with the level's whole window, and every reader pays for it.
    encoder.set_pledged_src_size(Some(input.len() as u64))?;
    encoder.write_all(input)?;
    encoder.finish().map(drop)
}
