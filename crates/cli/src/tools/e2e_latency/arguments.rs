//! What is sent: by flags, or by five or six words in a fixed order, as older releases had it.

use crate::failure::Failure;
use crate::flags::{BOOTSTRAP_SERVER, COMMAND_CONFIG, Flag, FlagSet, Options, Parsed};
use crate::outcome::Done;
use crate::random::Random;

const FLAGS: FlagSet = FlagSet {
    about: "Measures how long records take from a producer to a consumer.",
    flags: &[
        BOOTSTRAP_SERVER,
        COMMAND_CONFIG,
        Flag::value("num-headers", "COUNT", "How many headers each record has. Without it 0."),
        Flag::value("num-records", "COUNT", "How many records. Required."),
        Flag::value("producer-acks", "ACKS", "1 or all. Required."),
        Flag::value("record-header-key-size", "BYTES", "The size of the name of each header. Without it 0."),
        Flag::value(
            "record-header-size",
            "BYTES",
            "The size of the value of each header; -1 for none. Without it 0.",
        ),
        Flag::value("record-key-size", "BYTES", "The size of each key. Without it there is none."),
        Flag::value("record-size", "BYTES", "The size of each value. Required."),
        Flag::value("topic", "TOPIC", "Where to; it is made if it is not there. Required."),
    ],
};

/// What is needed, in the order of the words without flags.
const NEEDED: [&str; 5] = ["bootstrap-server", "topic", "num-records", "producer-acks", "record-size"];
/// The largest size of a part of a record.
const SIZE_MAX: i64 = 1 << 30;

/// What is to be done.
#[derive(Debug)]
pub(super) enum Asked {
    Run(Load),
    Answered(Done),
}

/// The load.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Load {
    pub servers: String,
    pub topic: String,
    pub records: usize,
    pub acks: String,
    pub value_bytes: usize,
    /// 0: records have no key.
    pub key_bytes: usize,
    pub headers: usize,
    pub header_name_bytes: usize,
    /// `None`: headers have no value.
    pub header_value_bytes: Option<usize>,
    pub command_config: Option<String>,
}

/// What one record holds.
pub(super) struct Content {
    pub key: Option<Vec<u8>>,
    pub value: Vec<u8>,
    pub headers: Vec<(String, Option<Vec<u8>>)>,
}

pub(super) fn read(arguments: Vec<String>) -> Result<Asked, Failure> {
    let is_named = arguments.is_empty() || arguments.iter().any(|argument| argument.starts_with("--"));
    let arguments = if is_named { arguments } else { named(arguments)? };
    match FLAGS.parse(arguments)? {
        Parsed::Answered(done) => Ok(Asked::Answered(done)),
        Parsed::Run(options) => load(&options).map(Asked::Run),
    }
}

/// The same with flags.
fn named(words: Vec<String>) -> Result<Vec<String>, Failure> {
    if !(5..=6).contains(&words.len()) {
        return Err(Failure::message(format!(
            "Invalid number of arguments. Expected 5 or 6 positional arguments, but got {}. Usage: bootstrap-server topic num-records producer-acks record-size [optional] command-config",
            words.len()
        )));
    }
    eprintln!(
        "WARNING: Positional argument usage is deprecated and will be removed in Apache Kafka 5.0. Please use named arguments instead: --bootstrap-server, --topic, --num-records, --producer-acks, --record-size, --command-config"
    );
    let names = NEEDED.iter().chain(&["command-config"]);
    Ok(names.zip(words).flat_map(|(name, word)| [format!("--{name}"), word]).collect())
}

fn load(options: &Options) -> Result<Load, Failure> {
    for name in NEEDED {
        options.required(name)?;
    }
    let acks = options.required("producer-acks")?;
    if !["1", "all"].contains(&acks) {
        return Err(Failure::usage(
            "Invalid value for --producer-acks. Latency testing requires synchronous acknowledgement. Please use '1' or 'all'.",
        ));
    }
    let at_least = |name: &str, least: i64, what: &str| match options.parsed::<i64>(name)?.unwrap_or(0) {
        value if (least..=SIZE_MAX).contains(&value) => Ok(value),
        _ => Err(Failure::usage(format!("Value for --{name} must be {what}."))),
    };
    let size =
        |name, least, what| Ok::<_, Failure>(usize::try_from(at_least(name, least, what)?).unwrap_or(0));
    let none_or_more = "a non-negative integer";
    let header_value =
        at_least("record-header-size", -1, "a non-negative integer or -1 for null header value")?;
    Ok(Load {
        servers: options.required("bootstrap-server")?.to_owned(),
        topic: options.required("topic")?.to_owned(),
        records: size("num-records", 1, "a positive integer")?,
        acks: acks.to_owned(),
        value_bytes: size("record-size", 0, none_or_more)?,
        key_bytes: size("record-key-size", 0, none_or_more)?,
        headers: size("num-headers", 0, none_or_more)?,
        header_name_bytes: size("record-header-key-size", 0, none_or_more)?,
        header_value_bytes: usize::try_from(header_value).ok(),
        command_config: options.value("command-config")?.map(str::to_owned),
    })
}

impl Load {
    /// The next record.
    pub(super) fn record(&self, random: &mut Random) -> Content {
        let mut bytes = |count: usize| vec![random.letter(); count];
        Content {
            value: bytes(self.value_bytes),
            key: (self.key_bytes > 0).then(|| bytes(self.key_bytes)),
            headers: (0..self.headers)
                .map(|_| {
                    let name = String::from_utf8(bytes(self.header_name_bytes)).unwrap_or_default();
                    (name, self.header_value_bytes.map(&mut bytes))
                })
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests;
