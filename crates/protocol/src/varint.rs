//! Variable-length integers as records carry them: base 128, zigzag for signed ones. Not the fields of
//! messages; those have their own reader.

/// Why a variable-length integer cannot be read.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum VarintError {
    /// The bytes end within the integer.
    #[error("a variable-length integer is cut off")]
    Truncated,
    /// The integer does not end where its type does.
    #[error("a variable-length integer has more than {bytes_max} bytes")]
    TooLong {
        /// The most bytes that the type may take.
        bytes_max: usize,
    },
}

/// The most bytes that a 32-bit integer takes.
pub const VARINT_BYTES_MAX: usize = 5;
/// The most bytes that a 64-bit integer takes.
pub const VARLONG_BYTES_MAX: usize = 10;

/// Takes a signed 32-bit integer from the front of `input`.
#[inline]
pub fn take_varint(input: &mut &[u8]) -> Result<i32, VarintError> {
    // Nearly all varints of a record are one or two bytes; the loop is for the rest.
    match *input {
        [first @ 0..=0x7f, rest @ ..] => {
            *input = rest;
            Ok(unzigzag_i32(u32::from(*first)))
        }
        [first, second @ 0..=0x7f, rest @ ..] => {
            *input = rest;
            Ok(unzigzag_i32(u32::from(first & 0x7f) | u32::from(*second) << 7))
        }
        _ => take_unsigned_varint(input).map(unzigzag_i32),
    }
}

/// Takes a signed 64-bit integer from the front of `input`.
#[inline]
pub fn take_varlong(input: &mut &[u8]) -> Result<i64, VarintError> {
    match *input {
        [first @ 0..=0x7f, rest @ ..] => {
            *input = rest;
            Ok(unzigzag_i64(u64::from(*first)))
        }
        [first, second @ 0..=0x7f, rest @ ..] => {
            *input = rest;
            Ok(unzigzag_i64(u64::from(first & 0x7f) | u64::from(*second) << 7))
        }
        _ => take_unsigned(input, VARLONG_BYTES_MAX).map(unzigzag_i64),
    }
}

/// Takes an unsigned 32-bit integer from the front of `input`. Bits beyond the 32nd are dropped, as Kafka does.
pub fn take_unsigned_varint(input: &mut &[u8]) -> Result<u32, VarintError> {
    take_unsigned(input, VARINT_BYTES_MAX).map(|value| value as u32)
}

fn take_unsigned(input: &mut &[u8], bytes_max: usize) -> Result<u64, VarintError> {
    let mut value = 0u64;
    for (index, byte) in input.iter().take(bytes_max).enumerate() {
        value |= u64::from(byte & 0x7f).wrapping_shl(7 * index as u32);
        if byte & 0x80 == 0 {
            *input = &input[index + 1..];
            return Ok(value);
        }
    }
    match input.len() < bytes_max {
        true => Err(VarintError::Truncated),
        false => Err(VarintError::TooLong { bytes_max }),
    }
}

/// Appends a signed 32-bit integer.
pub fn put_varint(output: &mut Vec<u8>, value: i32) {
    put_unsigned_varint(output, zigzag_i32(value));
}

/// Appends a signed 64-bit integer.
pub fn put_varlong(output: &mut Vec<u8>, value: i64) {
    put_unsigned(output, zigzag_i64(value));
}

/// Appends an unsigned 32-bit integer.
pub fn put_unsigned_varint(output: &mut Vec<u8>, value: u32) {
    put_unsigned(output, u64::from(value));
}

fn put_unsigned(output: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        output.push(value as u8 | 0x80);
        value >>= 7;
    }
    output.push(value as u8);
}

/// How many bytes [`put_varint`] appends.
pub fn varint_size(value: i32) -> usize {
    unsigned_size(u64::from(zigzag_i32(value)))
}

/// How many bytes [`put_varlong`] appends.
pub fn varlong_size(value: i64) -> usize {
    unsigned_size(zigzag_i64(value))
}

/// How many bytes [`put_unsigned_varint`] appends.
pub fn unsigned_varint_size(value: u32) -> usize {
    unsigned_size(u64::from(value))
}

fn unsigned_size(value: u64) -> usize {
    (64 - (value | 1).leading_zeros() as usize).div_ceil(7)
}

fn zigzag_i32(value: i32) -> u32 {
    ((value << 1) ^ (value >> 31)) as u32
}

fn zigzag_i64(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)) as u64
}

fn unzigzag_i32(value: u32) -> i32 {
    (value >> 1) as i32 ^ -((value & 1) as i32)
}

fn unzigzag_i64(value: u64) -> i64 {
    (value >> 1) as i64 ^ -((value & 1) as i64)
}

#[cfg(test)]
mod tests;
