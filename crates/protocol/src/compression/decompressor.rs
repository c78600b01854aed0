//! Unpacking as a stream with a cap: memory follows what is asked for, not what the packed bytes claim.

use std::io::{self, Read};

use flate2::bufread::MultiGzDecoder;
use lz4_flex::frame::FrameDecoder;

use super::{Compression, CompressionError, snappy};

/// What zstd may hold of its own output, as a power of two: what the highest level writes, and what zstd's own
/// readers accept by default. A frame that asks for more is refused.
pub const ZSTD_WINDOW_LOG_MAX: u32 = 27;

/// The first bytes of an LZ4 frame. The library would read the legacy format, too; Kafka does not.
const LZ4_MAGIC: [u8; 4] = [0x04, 0x22, 0x4d, 0x18];

/// How many bytes are unpacked at a time into a growing buffer.
const STEP_BYTES: usize = 64 * 1024;

/// Unpacks bytes piece by piece and stops with an error when more than a cap has come out.
pub struct Decompressor<'a> {
    compression: Compression,
    source: Source<'a>,
    output_bytes_max: usize,
    output_bytes: usize,
}

enum Source<'a> {
    Plain(&'a [u8]),
    Gzip(Box<MultiGzDecoder<&'a [u8]>>),
    Snappy(snappy::Reader<'a>),
    Lz4(Box<FrameDecoder<&'a [u8]>>),
    Zstd(Box<zstd::stream::read::Decoder<'static, &'a [u8]>>),
}

impl<'a> Decompressor<'a> {
    /// Starts unpacking `input`, of which at most `output_bytes_max` bytes may come out.
    pub fn new(
        compression: Compression,
        input: &'a [u8],
        output_bytes_max: usize,
    ) -> Result<Self, CompressionError> {
        let damaged = |reason: String| CompressionError::Damaged { compression, reason };
        let source = match compression {
            Compression::None => Source::Plain(input),
            Compression::Gzip => Source::Gzip(Box::new(MultiGzDecoder::new(input))),
            Compression::Snappy => Source::Snappy(snappy::Reader::new(input, output_bytes_max)),
            Compression::Lz4 if input.starts_with(&LZ4_MAGIC) => {
                Source::Lz4(Box::new(FrameDecoder::new(input)))
            }
            Compression::Lz4 => return Err(damaged("not an LZ4 frame".to_owned())),
            Compression::Zstd => {
                let mut decoder = zstd::stream::read::Decoder::with_buffer(input)
                    .map_err(|error| damaged(error.to_string()))?;
                decoder.window_log_max(ZSTD_WINDOW_LOG_MAX).map_err(|error| damaged(error.to_string()))?;
                Source::Zstd(Box::new(decoder))
            }
        };
        Ok(Self { compression, source, output_bytes_max, output_bytes: 0 })
    }

    /// Fills the front of `buffer`; 0 means that everything has been unpacked (or that `buffer` is empty).
    pub fn read(&mut self, buffer: &mut [u8]) -> Result<usize, CompressionError> {
        // One byte more than the cap is asked for, so that reaching it exactly is no error.
        let room = (self.output_bytes_max - self.output_bytes).saturating_add(1);
        let length = buffer.len().min(room);
        let buffer = &mut buffer[..length];
        let count = match &mut self.source {
            Source::Plain(source) => source.read(buffer),
            Source::Gzip(source) => source.read(buffer),
            Source::Snappy(source) => source.read(buffer),
            Source::Lz4(source) => source.read(buffer),
            Source::Zstd(source) => source.read(buffer),
        }
        .map_err(|error| self.error(&error))?;
        if count > self.output_bytes_max - self.output_bytes {
            return Err(self.too_large());
        }
        self.output_bytes += count;
        Ok(count)
    }

    /// How many bytes have come out so far.
    pub fn output_bytes(&self) -> usize {
        self.output_bytes
    }

    fn too_large(&self) -> CompressionError {
        CompressionError::OutputTooLarge { compression: self.compression, bytes_max: self.output_bytes_max }
    }

    fn error(&self, error: &io::Error) -> CompressionError {
        match error.kind() {
            io::ErrorKind::FileTooLarge => self.too_large(),
            _ => CompressionError::Damaged { compression: self.compression, reason: error.to_string() },
        }
    }
}

/// Unpacks all of `input` at once; an error if more than `output_bytes_max` bytes come out.
pub fn decompress(
    compression: Compression,
    input: &[u8],
    output_bytes_max: usize,
) -> Result<Vec<u8>, CompressionError> {
    let mut decompressor = Decompressor::new(compression, input, output_bytes_max)?;
    let mut output = Vec::new();
    loop {
        let filled = output.len();
        // The buffer grows with what has come out, never with what the input claims.
        output.resize(filled + step_bytes(filled), 0);
        let count = decompressor.read(&mut output[filled..])?;
        output.truncate(filled + count);
        if count == 0 {
            return Ok(output);
        }
    }
}

/// How many bytes to ask for when `filled` bytes are there: doubling, within bounds.
fn step_bytes(filled: usize) -> usize {
    filled.clamp(STEP_BYTES / 16, 16 * STEP_BYTES)
}
