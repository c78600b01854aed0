//! What the records of the load hold.

use super::Line;
use crate::failure::Failure;
use crate::files;
use crate::random::Random;

/// The content of records.
pub(super) enum Payload {
    /// Always the same.
    Fixed(Vec<u8>),
    /// One of these, at random.
    Chosen(Vec<Vec<u8>>),
    /// The number of the record.
    Counted,
}

impl Payload {
    pub(super) fn read(line: &Line) -> Result<Self, Failure> {
        if line.payload_monotonic {
            return Ok(Self::Counted);
        }
        if let Some(path) = &line.payload_file {
            crate::say!("Reading payloads from: {}", std::path::absolute(path)?.display());
            let text = files::text(path.as_ref())?;
            let delimiter = line.payload_delimiter.as_deref().unwrap_or("\n").replace("\\n", "\n");
            let chosen: Vec<Vec<u8>> = text
                .split(&delimiter)
                .filter(|part| !part.is_empty())
                .map(|part| part.as_bytes().to_vec())
                .collect();
            crate::say!("Number of records read: {}", chosen.len());
            return match chosen.is_empty() {
                true => Err(Failure::message(format!("File is empty: {path}"))),
                false => Ok(Self::Chosen(chosen)),
            };
        }
        match line.record_size {
            Some(size @ 1..) => {
                let mut random = Random::new();
                Ok(Self::Fixed((0..size).map(|_| random.letter()).collect()))
            }
            _ => Err(Failure::message("--record-size should be greater than zero.")),
        }
    }

    /// The content of the record `index`; `number` is room for it.
    pub(super) fn of<'p>(&'p self, index: u64, random: &mut Random, number: &'p mut String) -> &'p [u8] {
        match self {
            Self::Fixed(value) => value,
            Self::Chosen(values) => &values[(random.next() % values.len() as u64) as usize],
            Self::Counted => {
                *number = index.to_string();
                number.as_bytes()
            }
        }
    }
}
