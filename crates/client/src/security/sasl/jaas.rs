//! The line of `sasl.jaas.config`: `CLASS required NAME="VALUE" …;`. Its grammar only, not what the options mean.

use std::collections::BTreeMap;
use std::fmt;
use std::iter::Peekable;
use std::str::Chars;

/// A login module with its options.
#[derive(PartialEq, Eq)]
pub(crate) struct LoginModule {
    /// The class, without its package.
    pub(crate) class: String,
    pub(crate) options: BTreeMap<String, String>,
}

/// What is wrong with a line. Nothing of it shows: where a quotation mark is missing, anything may be a password.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum JaasError {
    NoClass,
    NoControlFlag,
    NoValue,
    Unterminated,
    NoSemicolon,
    SecondModule,
    StrayCharacter(char),
}

impl fmt::Display for JaasError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoClass => f.write_str("it begins with the class of a login module")?,
            Self::NoControlFlag => f.write_str("behind the class stands `required`")?,
            Self::NoValue => f.write_str("an option has no value, or its value is not in quotation marks")?,
            Self::Unterminated => f.write_str("a value has no closing quotation mark")?,
            Self::NoSemicolon => f.write_str("it ends with a semicolon")?,
            Self::SecondModule => f.write_str("a client has one login module")?,
            Self::StrayCharacter(character) => {
                write!(f, "`{character}` does not belong there; put values into quotation marks")?;
            }
        }
        f.write_str(", as in `…PlainLoginModule required username=\"…\" password=\"…\";`")
    }
}

/// Reads a line.
pub(crate) fn parse(text: &str) -> Result<LoginModule, JaasError> {
    let mut tokens = Tokens { characters: text.chars().peekable() };
    let Some(Token::Text(class)) = tokens.next()? else {
        return Err(JaasError::NoClass);
    };
    match tokens.next()? {
        Some(Token::Text(flag)) if is_control_flag(&flag) => {}
        _ => return Err(JaasError::NoControlFlag),
    }
    let mut options = BTreeMap::new();
    loop {
        let name = match tokens.next()? {
            Some(Token::Text(name)) => name,
            Some(Token::Mark(';')) => break,
            Some(Token::Mark(mark)) => return Err(JaasError::StrayCharacter(mark)),
            None => return Err(JaasError::NoSemicolon),
        };
        match (tokens.next()?, tokens.next()?) {
            (Some(Token::Mark('=')), Some(Token::Text(value))) => options.insert(name, value),
            _ => return Err(JaasError::NoValue),
        };
    }
    if tokens.next()?.is_some() {
        return Err(JaasError::SecondModule);
    }
    let class = class.rsplit('.').next().unwrap_or_default().to_owned();
    Ok(LoginModule { class, options })
}

fn is_control_flag(flag: &str) -> bool {
    ["required", "requisite", "sufficient", "optional"].iter().any(|known| known.eq_ignore_ascii_case(flag))
}

enum Token {
    Text(String),
    Mark(char),
}

struct Tokens<'a> {
    characters: Peekable<Chars<'a>>,
}

impl Tokens<'_> {
    fn next(&mut self) -> Result<Option<Token>, JaasError> {
        while self.characters.next_if(|next| next.is_whitespace()).is_some() {}
        let Some(first) = self.characters.next() else {
            return Ok(None);
        };
        match first {
            '"' | '\'' => self.quoted(first).map(|text| Some(Token::Text(text))),
            ';' | '=' => Ok(Some(Token::Mark(first))),
            _ => {
                let mut text = String::from(first);
                let is_part = |next: &char| !next.is_whitespace() && !matches!(next, '"' | '\'' | ';' | '=');
                while let Some(next) = self.characters.next_if(is_part) {
                    text.push(next);
                }
                Ok(Some(Token::Text(text)))
            }
        }
    }

    /// A text up to the closing mark, with the escapes of Java.
    fn quoted(&mut self, mark: char) -> Result<String, JaasError> {
        let mut text = String::new();
        loop {
            match self.characters.next().ok_or(JaasError::Unterminated)? {
                end if end == mark => return Ok(text),
                '\\' => text.push(match self.characters.next().ok_or(JaasError::Unterminated)? {
                    'n' => '\n',
                    't' => '\t',
                    'r' => '\r',
                    other => other,
                }),
                other => text.push(other),
            }
        }
    }
}
