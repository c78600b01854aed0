//! What the flags of the console producer mean: settings of the producer, and how lines are read.

use crate::connect::Settings;
use crate::failure::Failure;
use crate::flags::Options;
use crate::line_format::LineFormat;

/// Flags that are settings, and what they are without being given. A flag wins over a property, a property over this.
const MERGED: [(&str, &str, &str); 10] = [
    ("request-required-acks", "acks", "-1"),
    ("batch-size", "batch.size", "16384"),
    ("timeout", "linger.ms", "1000"),
    ("request-timeout-ms", "request.timeout.ms", "1500"),
    ("message-send-max-retries", "retries", "3"),
    ("retry-backoff-ms", "retry.backoff.ms", "100"),
    ("socket-buffer-size", "send.buffer.bytes", "102400"),
    ("max-block-ms", "max.block.ms", "60000"),
    ("max-memory-bytes", "buffer.memory", "33554432"),
    ("metadata-expiry-ms", "metadata.max.age.ms", "300000"),
];
/// The reader of lines of a distribution.
const LINE_READER: &str = "org.apache.kafka.tools.LineMessageReader";

/// Settings of the producer.
pub(super) fn producer(options: &Options) -> Result<Settings, Failure> {
    options.required("bootstrap-server")?;
    let mut settings = Settings::default();
    for (old, new) in [("producer.config", "command-config"), ("producer-property", "command-property")] {
        if options.has(old) && options.has(new) {
            return Err(Failure::usage(format!("Options {old} and {new} cannot be specified together")));
        }
        if options.has(old) {
            eprintln!("Warning: --{old} is deprecated. Use --{new} instead.");
        }
    }
    for name in ["producer.config", "command-config"] {
        if let Some(path) = options.value(name)? {
            settings.add_file(path)?;
        }
    }
    settings.add_texts(options.values("producer-property"));
    settings.add_texts(options.values("command-property"));
    settings.set("bootstrap.servers", options.required("bootstrap-server")?);
    for (flag, name, default) in MERGED {
        match options.value(flag)? {
            Some(value) => settings.set(name, value),
            None => settings.set_default(name, default),
        }
    }
    if let Some(bytes) = options.value("max-partition-memory-bytes")? {
        settings.set("batch.size", bytes);
    }
    if options.has("compression-codec") {
        let codec = options.value("compression-codec")?.unwrap_or("gzip");
        settings.set("compression.type", codec);
    }
    settings.set_default("client.id", "console-producer");
    Ok(settings)
}

/// How lines are read.
pub(super) fn lines(options: &Options) -> Result<LineFormat, Failure> {
    if let Some(class) = options.value("line-reader")?.filter(|class| *class != LINE_READER) {
        return Err(Failure::message(format!("--line-reader {class}: classes of Java cannot be loaded")));
    }
    if options.has("property") {
        eprintln!("Warning: --property is deprecated. Use --reader-property instead.");
    }
    let mut settings = Settings::default();
    if let Some(path) = options.value("reader-config")? {
        settings.add_file(path)?;
    }
    settings.add_texts(options.values("property"));
    settings.add_texts(options.values("reader-property"));
    let is_true =
        |name: &str| settings.get(name).is_some_and(|text| text.trim().eq_ignore_ascii_case("true"));
    let text = |name: &str, default: String| settings.get(name).map_or(default, str::to_owned);
    let default = LineFormat::default();
    let format = LineFormat {
        parse_headers: is_true("parse.headers"),
        headers_delimiter: text("headers.delimiter", default.headers_delimiter),
        headers_separator: text("headers.separator", default.headers_separator),
        headers_key_separator: text("headers.key.separator", default.headers_key_separator),
        parse_key: is_true("parse.key"),
        key_separator: text("key.separator", default.key_separator),
        null_marker: settings.get("null.marker").map(str::to_owned),
        ignore_error: is_true("ignore.error"),
    };
    format.check().map_err(Failure::message)?;
    Ok(format)
}
