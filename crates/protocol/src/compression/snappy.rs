//! Snappy as Kafka's clients write it: xerial's framing (a header, then blocks with their length), or one raw
//! block, as librdkafka and some others write. Not snappy's own framing format, which nobody uses here.

use std::io;

/// What a xerial stream starts with; two version numbers follow.
const MAGIC: [u8; 8] = [0x82, b'S', b'N', b'A', b'P', b'P', b'Y', 0];
const HEADER_BYTES: usize = 16;
/// Both version numbers that xerial writes, big-endian.
const VERSIONS: [u8; 8] = [0, 0, 0, 1, 0, 0, 0, 1];
/// Input bytes per block when writing: what Kafka's own client takes.
const BLOCK_INPUT_BYTES: usize = 32 * 1024;
/// No snappy element makes more than 64 bytes of 3, so that a block's claimed length can be checked before memory
/// is taken for it.
const EXPANSION_MAX: usize = 22;

pub(super) fn compress(input: &[u8], output: &mut Vec<u8>) -> io::Result<()> {
    output.extend_from_slice(&MAGIC);
    output.extend_from_slice(&VERSIONS);
    let mut encoder = snap::raw::Encoder::new();
    for block in input.chunks(BLOCK_INPUT_BYTES) {
        let length_at = output.len();
        let packed_bytes_max = snap::raw::max_compress_len(block.len());
        output.resize(length_at + 4 + packed_bytes_max, 0);
        let size = encoder.compress(block, &mut output[length_at + 4..]).map_err(io::Error::other)?;
        output[length_at..length_at + 4].copy_from_slice(&(size as u32).to_be_bytes());
        output.truncate(length_at + 4 + size);
    }
    Ok(())
}

/// Unpacks block by block; holds one block.
pub(super) struct Reader<'a> {
    input: &'a [u8],
    framing: Framing,
    block: Vec<u8>,
    block_read: usize,
    output_bytes_max: usize,
}

enum Framing {
    Unknown,
    Xerial,
    /// A single block; nothing may follow.
    Raw,
}

impl<'a> Reader<'a> {
    pub(super) fn new(input: &'a [u8], output_bytes_max: usize) -> Self {
        Self { input, framing: Framing::Unknown, block: Vec::new(), block_read: 0, output_bytes_max }
    }

    fn next_block(&mut self) -> io::Result<()> {
        if let Framing::Unknown = self.framing {
            self.framing = if self.input.starts_with(&MAGIC) { Framing::Xerial } else { Framing::Raw };
        }
        match self.framing {
            Framing::Raw => self.unpack(self.input, &[]),
            Framing::Unknown | Framing::Xerial => {
                // Concatenated streams repeat the header.
                while self.input.starts_with(&MAGIC) {
                    self.input =
                        self.input.get(HEADER_BYTES..).ok_or_else(|| damaged("the header is cut off"))?;
                }
                if self.input.is_empty() {
                    return Ok(());
                }
                let (length, rest) = self
                    .input
                    .split_first_chunk::<4>()
                    .ok_or_else(|| damaged("a block length is cut off"))?;
                let (block, rest) = rest
                    .split_at_checked(u32::from_be_bytes(*length) as usize)
                    .ok_or_else(|| damaged("a block is cut off"))?;
                self.unpack(block, rest)
            }
        }
    }

    fn unpack(&mut self, block: &[u8], rest: &'a [u8]) -> io::Result<()> {
        self.input = rest;
        let size = snap::raw::decompress_len(block).map_err(io::Error::other)?;
        if size > block.len().saturating_mul(EXPANSION_MAX) {
            return Err(damaged("a block claims more bytes than it can hold"));
        }
        if size > self.output_bytes_max {
            return Err(io::Error::from(io::ErrorKind::FileTooLarge));
        }
        self.block.clear();
        self.block.resize(size, 0);
        self.block_read = 0;
        snap::raw::Decoder::new().decompress(block, &mut self.block).map_err(io::Error::other)?;
        Ok(())
    }
}

impl io::Read for Reader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.block_read == self.block.len() && !self.input.is_empty() {
            self.next_block()?;
        }
        let count = buffer.len().min(self.block.len() - self.block_read);
        buffer[..count].copy_from_slice(&self.block[self.block_read..self.block_read + count]);
        self.block_read += count;
        Ok(count)
    }
}

fn damaged(reason: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, reason)
}
