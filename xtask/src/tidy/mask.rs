//! Blanks out comments, strings and characters of Rust code, so that a textual search sees code alone. Line breaks stay
//! where they are.

#[cfg(test)]
mod tests;

/// The code of `text`, with everything else as blanks.
pub fn mask(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut position = 0;
    while position < bytes.len() {
        let end = skip(bytes, position);
        if end > position {
            out.extend(bytes[position..end].iter().map(|&byte| if byte == b'\n' { b'\n' } else { b' ' }));
            position = end;
        } else {
            let byte = bytes[position];
            out.push(if byte.is_ascii() { byte } else { b'_' });
            position += 1;
        }
    }
    out.into_iter().map(char::from).collect()
}

/// Where the comment or literal that begins at `start` ends; `start` itself if none begins there.
fn skip(bytes: &[u8], start: usize) -> usize {
    let rest = &bytes[start..];
    match rest {
        [b'/', b'/', ..] => find(bytes, start, b"\n").unwrap_or(bytes.len()),
        [b'/', b'*', ..] => block_comment(bytes, start),
        [b'"', ..] => quoted(bytes, start + 1),
        [b'\'', ..] => character(bytes, start),
        [b'r' | b'b' | b'c', ..] if !follows_name(bytes, start) => prefixed(bytes, start),
        _ => start,
    }
}

fn follows_name(bytes: &[u8], start: usize) -> bool {
    start > 0 && (bytes[start - 1].is_ascii_alphanumeric() || bytes[start - 1] == b'_')
}

/// `r"…"`, `r#"…"#`, `b"…"`, `br"…"`, `c"…"`, `b'…'`.
fn prefixed(bytes: &[u8], start: usize) -> usize {
    let mut position = start;
    let mut is_raw = false;
    while position < bytes.len() && position < start + 2 && matches!(bytes[position], b'r' | b'b' | b'c') {
        is_raw |= bytes[position] == b'r';
        position += 1;
    }
    let hashes = bytes[position..].iter().take_while(|&&byte| byte == b'#').count();
    match bytes.get(position + hashes) {
        Some(b'"') if is_raw => {
            let mut end = vec![b'"'];
            end.extend(std::iter::repeat_n(b'#', hashes));
            find(bytes, position + hashes + 1, &end).map_or(bytes.len(), |at| at + end.len())
        }
        Some(b'"') if hashes == 0 => quoted(bytes, position + 1),
        Some(b'\'') if hashes == 0 && !is_raw => character(bytes, position),
        _ => start,
    }
}

fn quoted(bytes: &[u8], mut position: usize) -> usize {
    while position < bytes.len() {
        match bytes[position] {
            b'\\' => position += 2,
            b'"' => return position + 1,
            _ => position += 1,
        }
    }
    bytes.len()
}

/// A character literal; a lifetime is code.
fn character(bytes: &[u8], start: usize) -> usize {
    match bytes.get(start + 1) {
        Some(b'\\') => {
            let from = (start + 3).min(bytes.len());
            find(bytes, from, b"'").map_or(start, |at| at + 1)
        }
        Some(&first) => {
            let width = match first {
                0..0x80 => 1,
                0x80..0xe0 => 2,
                0xe0..0xf0 => 3,
                _ => 4,
            };
            if bytes.get(start + 1 + width) == Some(&b'\'') { start + 2 + width } else { start }
        }
        None => start,
    }
}

fn block_comment(bytes: &[u8], start: usize) -> usize {
    let mut depth = 0;
    let mut position = start;
    while position < bytes.len() {
        match &bytes[position..] {
            [b'/', b'*', ..] => (depth, position) = (depth + 1, position + 2),
            [b'*', b'/', ..] => (depth, position) = (depth - 1, position + 2),
            _ => position += 1,
        }
        if depth == 0 {
            return position;
        }
    }
    bytes.len()
}

fn find(bytes: &[u8], from: usize, what: &[u8]) -> Option<usize> {
    bytes.get(from..)?.windows(what.len()).position(|window| window == what).map(|at| from + at)
}
