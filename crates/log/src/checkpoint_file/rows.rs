//! The frame that all checkpoint files share: a version, a count, that many lines of fields.

use std::str::FromStr;

/// The version of the format.
const VERSION: i32 = 0;

/// Why a text is no checkpoint. Lines count from 1.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum CheckpointError {
    /// The first line is missing or no known version.
    #[error("line 1: not the version of a checkpoint: {text:?}")]
    InvalidVersion {
        /// The line.
        text: String,
    },
    /// The second line is missing or no number.
    #[error("line 2: not a number of entries: {text:?}")]
    InvalidCount {
        /// The line.
        text: String,
    },
    /// A line has another number of fields.
    #[error("line {line}: expected {expected} fields: {text:?}")]
    FieldCount {
        /// Which line.
        line: usize,
        /// How many fields there should be.
        expected: usize,
        /// The line.
        text: String,
    },
    /// A field is no number, or one out of range.
    #[error("line {line}: not a valid number: {field:?}")]
    InvalidField {
        /// Which line.
        line: usize,
        /// The field.
        field: String,
    },
    /// There are more or fewer lines than the second line says.
    #[error("the second line says {claimed} entries, there are {found}")]
    EntryCount {
        /// What the second line says.
        claimed: usize,
        /// How many there are.
        found: usize,
    },
}

/// A line of fields.
pub(crate) struct Row<'t, const N: usize> {
    pub line: usize,
    pub fields: [&'t str; N],
}

/// The lines of a checkpoint whose lines have `N` fields each.
pub(crate) fn decode_rows<const N: usize>(text: &str) -> Result<Vec<Row<'_, N>>, CheckpointError> {
    let mut lines = text.lines();
    let version = lines.next().unwrap_or_default();
    if version.trim().parse() != Ok(VERSION) {
        return Err(CheckpointError::InvalidVersion { text: excerpt(version) });
    }
    let count = lines.next().unwrap_or_default();
    let claimed: usize =
        count.trim().parse().map_err(|_| CheckpointError::InvalidCount { text: excerpt(count) })?;
    let mut rows = Vec::new();
    for (index, text) in lines.enumerate() {
        let line = index + 3;
        let mut words = text.split_whitespace();
        let mut fields = [""; N];
        let enough = fields.iter_mut().all(|field| words.next().map(|word| *field = word).is_some());
        if !enough || words.next().is_some() {
            return Err(CheckpointError::FieldCount { line, expected: N, text: excerpt(text) });
        }
        rows.push(Row { line, fields });
    }
    match rows.len() == claimed {
        true => Ok(rows),
        false => Err(CheckpointError::EntryCount { claimed, found: rows.len() }),
    }
}

/// A field as a number.
pub(crate) fn parse_field<T: FromStr, const N: usize>(
    row: &Row<'_, N>,
    index: usize,
) -> Result<T, CheckpointError> {
    let field = row.fields[index];
    field.parse().map_err(|_| CheckpointError::InvalidField { line: row.line, field: excerpt(field) })
}

/// The text of a checkpoint with these lines.
pub(crate) fn encode_rows(rows: impl ExactSizeIterator<Item = String>) -> String {
    let mut text = format!("{VERSION}\n{}\n", rows.len());
    for row in rows {
        text.push_str(&row);
        text.push('\n');
    }
    text
}

/// As much of a text from a damaged file as belongs into a message.
pub(super) fn excerpt(text: &str) -> String {
    const CHARACTERS_MAX: usize = 80;
    text.chars().take(CHARACTERS_MAX).collect()
}
