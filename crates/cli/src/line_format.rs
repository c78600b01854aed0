//! How a line becomes a record: key and headers in front of the value, each with its separator, and a text that stands for
//! nothing at all.

/// One header of a line.
pub type LineHeader<'l> = (&'l str, Option<&'l [u8]>);

/// The parts of a line.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct LineRecord<'l> {
    /// The key.
    pub key: Option<&'l [u8]>,
    /// The value; `None` is a tombstone.
    pub value: Option<&'l [u8]>,
    /// The headers.
    pub headers: Vec<LineHeader<'l>>,
}

/// How a line is taken apart.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LineFormat {
    /// Lines begin with headers.
    pub parse_headers: bool,
    /// What stands behind the headers.
    pub headers_delimiter: String,
    /// What stands between them.
    pub headers_separator: String,
    /// What stands between the name and the value of one.
    pub headers_key_separator: String,
    /// A key comes next.
    pub parse_key: bool,
    /// What stands behind it.
    pub key_separator: String,
    /// What stands for nothing: no key, no value, no value of a header.
    pub null_marker: Option<String>,
    /// A line without a separator is taken as it is, not refused.
    pub ignore_error: bool,
}

impl Default for LineFormat {
    fn default() -> Self {
        Self {
            parse_headers: false,
            headers_delimiter: "\t".to_owned(),
            headers_separator: ",".to_owned(),
            headers_key_separator: ":".to_owned(),
            parse_key: false,
            key_separator: "\t".to_owned(),
            null_marker: None,
            ignore_error: false,
        }
    }
}

impl LineFormat {
    /// Refuses separators that cannot be told apart.
    pub fn check(&self) -> Result<(), String> {
        let names = [
            ("headers.delimiter", Some(&self.headers_delimiter)),
            ("headers.separator", Some(&self.headers_separator)),
            ("headers.key.separator", Some(&self.headers_key_separator)),
            ("null.marker", self.null_marker.as_ref()),
        ];
        for (index, (name, text)) in names.iter().enumerate() {
            if let Some((other, _)) =
                names[index + 1..].iter().find(|(_, other)| other.is_some() && other == text)
            {
                return Err(format!("{name} and {other} may not be equal"));
            }
        }
        match self.null_marker.as_ref() == Some(&self.key_separator) {
            true => Err("null.marker and key.separator may not be equal".to_owned()),
            false => Ok(()),
        }
    }

    /// Takes a line apart.
    ///
    /// # Errors
    /// What is missing in it.
    pub fn parse<'l>(&self, line: &'l [u8], number: usize) -> Result<LineRecord<'l>, String> {
        let (headers, rest) = self.take(
            self.parse_headers,
            line,
            &self.headers_delimiter,
            "headers delimiter",
            (line, number),
        )?;
        let (key, value) =
            self.take(self.parse_key, rest, &self.key_separator, "key separator", (line, number))?;
        let headers = match headers.and_then(|headers| self.not_null(headers)) {
            Some(headers) => self.headers(headers, number)?,
            None => Vec::new(),
        };
        Ok(LineRecord { key: key.and_then(|key| self.not_null(key)), value: self.not_null(value), headers })
    }

    fn take<'l>(
        &self,
        is_there: bool,
        text: &'l [u8],
        separator: &str,
        name: &str,
        (line, number): (&[u8], usize),
    ) -> Result<(Option<&'l [u8]>, &'l [u8]), String> {
        if !is_there {
            return Ok((None, text));
        }
        match find(text, separator.as_bytes()) {
            Some(at) => Ok((Some(&text[..at]), &text[at + separator.len()..])),
            None if self.ignore_error => Ok((None, text)),
            None => {
                Err(format!("No {name} found on line number {number}: '{}'", String::from_utf8_lossy(line)))
            }
        }
    }

    fn not_null<'l>(&self, text: &'l [u8]) -> Option<&'l [u8]> {
        let is_null = self.null_marker.as_ref().is_some_and(|marker| marker.as_bytes() == text);
        (!is_null).then_some(text)
    }

    fn headers<'l>(&self, mut text: &'l [u8], number: usize) -> Result<Vec<LineHeader<'l>>, String> {
        let mut headers = Vec::new();
        loop {
            let end = find(text, self.headers_separator.as_bytes());
            headers.push(self.header(&text[..end.unwrap_or(text.len())], number)?);
            match end {
                Some(end) => text = &text[end + self.headers_separator.len()..],
                None => return Ok(headers),
            }
        }
    }

    fn header<'l>(&self, pair: &'l [u8], number: usize) -> Result<LineHeader<'l>, String> {
        let shown = || String::from_utf8_lossy(pair).into_owned();
        let separator = self.headers_key_separator.as_bytes();
        let (name, value) = match find(pair, separator) {
            Some(at) => (&pair[..at], self.not_null(&pair[at + separator.len()..])),
            None if self.ignore_error => (pair, None),
            None => {
                return Err(format!(
                    "No header key separator found in pair '{}' on line number {number}",
                    shown()
                ));
            }
        };
        if self.not_null(name).is_none() {
            let marker = self.null_marker.as_deref().unwrap_or_default();
            return Err(format!(
                "Header keys should not be equal to the null marker '{marker}' as they can't be null"
            ));
        }
        let name = std::str::from_utf8(name).map_err(|_| {
            format!("the name of the header '{}' on line number {number} is no UTF-8", shown())
        })?;
        Ok((name, value))
    }
}

/// Where `wanted` begins.
fn find(text: &[u8], wanted: &[u8]) -> Option<usize> {
    match wanted {
        [] => Some(0),
        [byte] => text.iter().position(|found| found == byte),
        _ => text.windows(wanted.len()).position(|window| window == wanted),
    }
}

#[cfg(test)]
mod tests;
