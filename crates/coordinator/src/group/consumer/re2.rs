//! RE2's syntax, as clients write it, in the words of the engine that we use (`regex-lite`): the two differ in a few
//! corners. Refusals are RE2's, word for word. Names of topics are ASCII; so are Unicode classes here.

/// RE2's bound on `{n,m}`.
const REPEAT_MAX: u32 = 1000;

/// Why RE2 refuses an expression.
pub type Refusal = &'static str;

/// An expression of RE2 as one of our engine.
///
/// # Errors
/// What RE2 says of it, as far as our engine would not find it.
pub fn translate(pattern: &str) -> Result<String, Refusal> {
    let mut translator =
        Translator { rest: pattern, out: String::with_capacity(pattern.len()), repeated: Repeated::No };
    while let Some(next) = translator.rest.chars().next() {
        translator.token(next)?;
    }
    Ok(translator.out)
}

/// What RE2 says of an expression that our engine has refused.
pub fn refusal(error: &regex_lite::Error) -> String {
    let said = error.to_string();
    let known = [
        ("open group without closing", "missing closing )"),
        ("closing ')' without", "regexp/syntax: internal error"),
        ("no closing bracket", "missing closing ]"),
        ("unclosed character class", "missing closing ]"),
        ("backreferences", "invalid escape sequence"),
        ("escape sequence", "invalid escape sequence"),
        ("hexadecimal", "invalid escape sequence"),
        ("must be applied to", "missing argument to repetition operator"),
        ("duplicate capture", "duplicate capture group name"),
        ("capture", "invalid named capture"),
        ("range", "invalid character class range"),
        ("POSIX", "invalid character class range"),
        ("look-around", "invalid or unsupported Perl syntax"),
        ("flag", "invalid or unsupported Perl syntax"),
        ("size limit", "invalid repeat count"),
        ("nest", "expression nests too deeply"),
    ];
    known
        .iter()
        .find(|(ours, _)| said.contains(ours))
        .map_or(said.clone(), |(_, theirs)| (*theirs).to_string())
}

/// Whether the last token repeats the one before it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Repeated {
    No,
    /// It may be followed by a `?`.
    Greedy,
    Lazy,
}

struct Translator<'a> {
    rest: &'a str,
    out: String,
    repeated: Repeated,
}

impl Translator<'_> {
    fn token(&mut self, next: char) -> Result<(), Refusal> {
        match next {
            '\\' => {
                self.repeated = Repeated::No;
                self.escape(false)
            }
            '[' => {
                self.repeated = Repeated::No;
                self.class()
            }
            '*' | '+' | '?' => {
                self.repeat(next)?;
                self.copy(1);
                Ok(())
            }
            '{' => match repeat_bounds(self.rest) {
                Some((size, min, max)) => {
                    self.repeat(next)?;
                    if min > REPEAT_MAX || max.is_some_and(|max| max > REPEAT_MAX || max < min) {
                        return Err("invalid repeat count");
                    }
                    self.copy(size);
                    Ok(())
                }
                None => {
                    self.repeated = Repeated::No;
                    self.out.push('\\');
                    self.copy(1);
                    Ok(())
                }
            },
            _ => {
                self.repeated = Repeated::No;
                self.copy(next.len_utf8());
                Ok(())
            }
        }
    }

    /// A group's own question mark is no repetition.
    fn repeat(&mut self, operator: char) -> Result<(), Refusal> {
        if operator == '?' && self.out.ends_with('(') && !self.out.ends_with("\\(") {
            return Ok(());
        }
        self.repeated = match (self.repeated, operator) {
            (Repeated::No, _) => Repeated::Greedy,
            (Repeated::Greedy, '?') => Repeated::Lazy,
            (Repeated::Greedy | Repeated::Lazy, _) => return Err("invalid nested repetition operator"),
        };
        Ok(())
    }

    fn copy(&mut self, bytes: usize) {
        let (copied, rest) = self.rest.split_at(bytes);
        self.out.push_str(copied);
        self.rest = rest;
    }

    /// What begins with a backslash.
    fn escape(&mut self, is_in_class: bool) -> Result<(), Refusal> {
        let Some(kind) = self.rest[1..].chars().next() else {
            return Err("trailing backslash at end of expression");
        };
        match kind {
            'Q' if !is_in_class => {
                let quoted = &self.rest[2..];
                let (literal, rest) = quoted.split_once("\\E").unwrap_or((quoted, ""));
                self.out.push_str(&regex_lite::escape(literal));
                self.rest = rest;
                Ok(())
            }
            'p' | 'P' => self.unicode_class(kind == 'P', is_in_class),
            'x' if self.rest[2..].starts_with('{') => {
                let size = self.rest.find('}').ok_or("invalid escape sequence")? + 1;
                self.copy(size);
                Ok(())
            }
            _ => {
                self.copy(1 + kind.len_utf8());
                Ok(())
            }
        }
    }

    /// `\pN`, `\p{Name}`, and what is not one of these.
    fn unicode_class(&mut self, is_negated: bool, is_in_class: bool) -> Result<(), Refusal> {
        const INVALID: Refusal = "invalid character class range";
        let after = &self.rest[2..];
        let (name, size) = match after.strip_prefix('{') {
            Some(named) => {
                let end = named.find('}').ok_or(INVALID)?;
                (&named[..end], end + 2)
            }
            None => {
                let letter = after.chars().next().ok_or(INVALID)?;
                (&after[..letter.len_utf8()], letter.len_utf8())
            }
        };
        let (name, is_negated) = match name.strip_prefix('^') {
            Some(name) => (name, !is_negated),
            None => (name, is_negated),
        };
        let ascii = match name {
            "L" | "Latin" => "A-Za-z",
            "Lu" => "A-Z",
            "Ll" => "a-z",
            "N" | "Nd" => "0-9",
            "P" => "._\\-",
            "Pc" => "_",
            "Pd" => "\\-",
            "Po" => ".",
            "Any" => "\\x00-\\x7f",
            _ if name.chars().all(|letter| letter.is_ascii_alphabetic() || letter == '_')
                && !name.is_empty() =>
            {
                ""
            }
            _ => return Err(INVALID),
        };
        match (is_in_class, is_negated, ascii) {
            (true, true, _) => return Err(INVALID),
            (true, false, ascii) => self.out.push_str(ascii),
            (false, _, "") => self.out.push_str(if is_negated { "[\\x00-\\x7f]" } else { "[^\\x00-\\x7f]" }),
            (false, true, ascii) => self.out.push_str(&format!("[^{ascii}]")),
            (false, false, ascii) => self.out.push_str(&format!("[{ascii}]")),
        }
        self.rest = &after[size..];
        Ok(())
    }

    /// `[...]`: what stands in it is literal but for escapes, ranges and POSIX classes.
    fn class(&mut self) -> Result<(), Refusal> {
        self.copy(1);
        if self.rest.starts_with('^') {
            self.copy(1);
        }
        let mut is_first = true;
        while let Some(next) = self.rest.chars().next() {
            match next {
                ']' if !is_first => {
                    self.copy(1);
                    return Ok(());
                }
                '\\' => self.escape(true)?,
                '[' if self.rest.starts_with("[:") => {
                    let size = self.rest.find(":]").ok_or("missing closing ]")? + 2;
                    self.copy(size);
                }
                '[' | ']' | '&' | '~' => {
                    self.out.push('\\');
                    self.copy(1);
                }
                _ => self.copy(next.len_utf8()),
            }
            is_first = false;
        }
        Err("missing closing ]")
    }
}

/// The size in bytes and the bounds of `{n}`, `{n,}` or `{n,m}`; anything else is literal.
fn repeat_bounds(text: &str) -> Option<(usize, u32, Option<u32>)> {
    let (inner, _) = text.strip_prefix('{')?.split_once('}')?;
    let number = |digits: &str| match digits.bytes().all(|byte| byte.is_ascii_digit()) && !digits.is_empty() {
        true => Some(digits.parse().unwrap_or(u32::MAX)),
        false => None,
    };
    let size = inner.len() + 2;
    match inner.split_once(',') {
        None => number(inner).map(|count| (size, count, Some(count))),
        Some((min, "")) => number(min).map(|min| (size, min, None)),
        Some((min, max)) => Some((size, number(min)?, Some(number(max)?))),
    }
}
