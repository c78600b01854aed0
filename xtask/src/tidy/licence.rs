//! Licence expressions as Cargo manifests carry them, judged against what this project may ship.

#[cfg(test)]
mod tests;

/// Permissive licences, and one that is weak enough within its own files.
const ALLOWED: [&str; 15] = [
    "Apache-2.0",
    "MIT",
    "MIT-0",
    "BSD-1-Clause",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "0BSD",
    "ISC",
    "Zlib",
    "Unlicense",
    "CC0-1.0",
    "BSL-1.0",
    "Unicode-3.0",
    "CDLA-Permissive-2.0",
    "OpenSSL",
];

/// Whether an SPDX expression leaves a choice that is allowed. `/` is the old way to write `OR`.
pub fn is_allowed(expression: &str) -> bool {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut position = 0;
    let allowed = any(&words, &mut position);
    allowed && position == words.len()
}

fn any(words: &[&str], position: &mut usize) -> bool {
    let mut allowed = all(words, position);
    while words.get(*position) == Some(&"OR") {
        *position += 1;
        allowed |= all(words, position);
    }
    allowed
}

fn all(words: &[&str], position: &mut usize) -> bool {
    let mut allowed = one(words, position);
    while words.get(*position) == Some(&"AND") {
        *position += 1;
        allowed &= one(words, position);
    }
    allowed
}

fn one(words: &[&str], position: &mut usize) -> bool {
    let Some(&word) = words.get(*position) else {
        return false;
    };
    *position += 1;
    if word == "(" {
        let allowed = any(words, position);
        let closed = words.get(*position) == Some(&")");
        *position += 1;
        return allowed && closed;
    }
    if words.get(*position) == Some(&"WITH") {
        *position += 2; // an exception only gives more
    }
    ALLOWED.contains(&word)
}
