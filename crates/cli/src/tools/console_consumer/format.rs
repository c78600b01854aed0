//! How a record is printed: the parts that are wanted, in a fixed order, with a separator between them.

use std::io::{self, Write};

use jackdaw_client::consumer::Record;
use jackdaw_protocol::records::TimestampType;

use crate::connect::Settings;
use crate::failure::Failure;
use crate::flags::Options;

/// The formatters of a distribution that are here.
const DEFAULT: &str = "org.apache.kafka.tools.consumer.DefaultMessageFormatter";
const NOTHING: &str = "org.apache.kafka.tools.consumer.NoOpMessageFormatter";
/// The package of Kafka's deserializers.
const SERIALIZATION: &str = "org.apache.kafka.common.serialization.";

/// What bytes are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    /// Text, or bytes as they are.
    Bytes,
    Short,
    Int,
    Long,
    Float,
    Double,
    Bool,
}

impl Kind {
    fn parse(class: &str) -> Option<Self> {
        Some(match class.strip_prefix(SERIALIZATION)?.strip_suffix("Deserializer")? {
            "String" | "ByteArray" | "Bytes" | "ByteBuffer" => Self::Bytes,
            "Short" => Self::Short,
            "Integer" => Self::Int,
            "Long" => Self::Long,
            "Float" => Self::Float,
            "Double" => Self::Double,
            "Boolean" => Self::Bool,
            _ => return None,
        })
    }

    fn print(self, out: &mut dyn Write, bytes: &[u8]) -> io::Result<()> {
        let text = match self {
            Self::Bytes => None,
            Self::Short => bytes.try_into().ok().map(|bytes| i16::from_be_bytes(bytes).to_string()),
            Self::Int => bytes.try_into().ok().map(|bytes| i32::from_be_bytes(bytes).to_string()),
            Self::Long => bytes.try_into().ok().map(|bytes| i64::from_be_bytes(bytes).to_string()),
            Self::Float => bytes.try_into().ok().map(|bytes| format!("{:?}", f32::from_be_bytes(bytes))),
            Self::Double => bytes.try_into().ok().map(|bytes| format!("{:?}", f64::from_be_bytes(bytes))),
            Self::Bool => (bytes.len() == 1).then(|| (bytes[0] == 1).to_string()),
        };
        match (text, self) {
            (Some(text), _) => out.write_all(text.as_bytes()),
            (None, Self::Bytes) => out.write_all(bytes),
            (None, kind) => write!(out, "({} bytes are no {kind:?})", bytes.len()),
        }
    }
}

/// What is printed of a record.
#[derive(Clone, Debug)]
pub(super) struct Format {
    timestamp: bool,
    partition: bool,
    offset: bool,
    delivery: bool,
    epoch: bool,
    headers: bool,
    key: bool,
    value: bool,
    separator: String,
    line_separator: String,
    headers_separator: String,
    null: String,
    key_kind: Kind,
    value_kind: Kind,
    headers_kind: Kind,
}

impl Format {
    pub(super) fn read(options: &Options) -> Result<Self, Failure> {
        let class = options.value("formatter")?.unwrap_or(DEFAULT);
        if options.has("property") {
            eprintln!("Warning: --property is deprecated. Use --formatter-property instead.");
        }
        let mut settings = Settings::default();
        if let Some(path) = options.value("formatter-config")? {
            settings.add_file(path)?;
        }
        settings.add_texts(options.values("property"));
        settings.add_texts(options.values("formatter-property"));
        for (flag, name) in
            [("key-deserializer", "key.deserializer"), ("value-deserializer", "value.deserializer")]
        {
            if let Some(class) = options.value(flag)? {
                settings.set(name, class);
            }
        }
        match class {
            DEFAULT | "kafka.tools.DefaultMessageFormatter" => Self::from_settings(&settings),
            NOTHING | "kafka.tools.NoOpMessageFormatter" => {
                let nothing = Self { value: false, ..Self::from_settings(&Settings::default())? };
                Ok(nothing)
            }
            other => Err(Failure::message(format!("--formatter {other}: classes of Java cannot be loaded"))),
        }
    }

    fn from_settings(settings: &Settings) -> Result<Self, Failure> {
        let wants = |name: &str, default: bool| {
            settings.get(name).map_or(default, |text| text.trim().eq_ignore_ascii_case("true"))
        };
        let text = |name: &str, default: &str| settings.get(name).unwrap_or(default).to_owned();
        let kind = |name: &str| match settings.get(name) {
            None => Ok(Kind::Bytes),
            Some(class) => Kind::parse(class)
                .ok_or_else(|| Failure::message(format!("{name}={class}: classes of Java cannot be loaded"))),
        };
        Ok(Self {
            timestamp: wants("print.timestamp", false),
            partition: wants("print.partition", false),
            offset: wants("print.offset", false),
            delivery: wants("print.delivery", false),
            epoch: wants("print.epoch", false),
            headers: wants("print.headers", false),
            key: wants("print.key", false),
            value: wants("print.value", true),
            separator: text("key.separator", "\t"),
            line_separator: text("line.separator", "\n"),
            headers_separator: text("headers.separator", ","),
            null: text("null.literal", "null"),
            key_kind: kind("key.deserializer")?,
            value_kind: kind("value.deserializer")?,
            headers_kind: kind("headers.deserializer")?,
        })
    }

    /// Prints a record.
    pub(super) fn print(&self, out: &mut dyn Write, record: &Record<'_>) -> io::Result<()> {
        // Which parts are still to come decides between the separator and the end of the line.
        let parts = [
            self.timestamp,
            self.partition,
            self.offset,
            self.delivery,
            self.epoch,
            self.headers,
            self.key,
            self.value,
        ];
        for (index, _) in parts.iter().enumerate().filter(|(_, is_wanted)| **is_wanted) {
            match index {
                0 => print_timestamp(out, record)?,
                1 => write!(out, "Partition:{}", record.partition)?,
                2 => write!(out, "Offset:{}", record.offset)?,
                3 => out.write_all(b"Delivery:NOT_PRESENT")?,
                4 => match record.leader_epoch {
                    Some(epoch) => write!(out, "Epoch:{epoch}")?,
                    None => out.write_all(b"Epoch:NOT_PRESENT")?,
                },
                5 => self.print_headers(out, record)?,
                6 => self.key_kind.print(out, record.key.unwrap_or(self.null.as_bytes()))?,
                _ => self.value_kind.print(out, record.value.unwrap_or(self.null.as_bytes()))?,
            }
            let is_last = !parts[index + 1..].contains(&true);
            let separator = if is_last { &self.line_separator } else { &self.separator };
            out.write_all(separator.as_bytes())?;
        }
        Ok(())
    }

    fn print_headers(&self, out: &mut dyn Write, record: &Record<'_>) -> io::Result<()> {
        if record.headers.len() == 0 {
            return out.write_all(b"NO_HEADERS");
        }
        for (index, header) in record.headers.enumerate() {
            if index > 0 {
                out.write_all(self.headers_separator.as_bytes())?;
            }
            out.write_all(header.key)?;
            out.write_all(b":")?;
            self.headers_kind.print(out, header.value.unwrap_or(self.null.as_bytes()))?;
        }
        Ok(())
    }
}

fn print_timestamp(out: &mut dyn Write, record: &Record<'_>) -> io::Result<()> {
    if record.timestamp_ms < 0 {
        return out.write_all(b"NO_TIMESTAMP");
    }
    let kind = match record.timestamp_type {
        TimestampType::CreateTime => "CreateTime",
        TimestampType::LogAppendTime => "LogAppendTime",
    };
    write!(out, "{kind}:{}", record.timestamp_ms)
}
