//! A record as an object: `{"key": …, "value": …, "headers": {…}, "partition": 0, "timestamp": 0}`. Texts are taken as they
//! are, anything else as JSON; `{"base64": "…"}` is bytes. What `consume --format json` prints is read back.

use jackdaw_protocol::schema::base64_decode;
use serde_json::Value;

/// The parts of an object.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct JsonRecord {
    pub key: Option<Vec<u8>>,
    pub value: Option<Vec<u8>>,
    pub headers: Vec<(String, Option<Vec<u8>>)>,
    pub partition: Option<i32>,
    pub timestamp_ms: Option<i64>,
}

impl JsonRecord {
    /// The headers as a record takes them.
    pub(super) fn headers(&self) -> impl Iterator<Item = (&str, Option<&[u8]>)> {
        self.headers.iter().map(|(name, value)| (name.as_str(), value.as_deref()))
    }
}

/// Reads a line.
///
/// # Errors
/// What is wrong with it.
pub(super) fn parse(line: &[u8]) -> Result<JsonRecord, String> {
    let object: Value = serde_json::from_slice(line).map_err(|error| format!("no JSON: {error}"))?;
    let object = object.as_object().ok_or("no object with key, value, headers, partition or timestamp")?;
    let mut record = JsonRecord::default();
    for (name, value) in object {
        match name.as_str() {
            "key" => record.key = bytes(value)?,
            "value" => record.value = bytes(value)?,
            "headers" => record.headers = headers(value)?,
            "partition" => {
                let id = value.as_i64().and_then(|id| i32::try_from(id).ok());
                record.partition = Some(id.ok_or_else(|| format!("the partition {value} is none"))?);
            }
            "timestamp" => {
                record.timestamp_ms =
                    Some(value.as_i64().ok_or_else(|| format!("the timestamp {value} is none"))?);
            }
            // What `consume` prints beside the record itself.
            "topic" | "offset" | "timestamp_type" => {}
            other => return Err(format!("a record has no {other:?}")),
        }
    }
    Ok(record)
}

fn bytes(value: &Value) -> Result<Option<Vec<u8>>, String> {
    Ok(match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone().into_bytes()),
        Value::Object(object) if object.len() == 1 && object.contains_key("base64") => {
            let text = object["base64"].as_str().unwrap_or_default();
            Some(base64_decode(text).ok_or_else(|| format!("{text:?} is no base64"))?)
        }
        other => Some(other.to_string().into_bytes()),
    })
}

/// An object, or a list of pairs where a name comes twice.
fn headers(value: &Value) -> Result<Vec<super::Header>, String> {
    match value {
        Value::Null => Ok(Vec::new()),
        Value::Object(object) => {
            object.iter().map(|(name, value)| Ok((name.clone(), bytes(value)?))).collect()
        }
        Value::Array(pairs) => pairs
            .iter()
            .map(|pair| match pair.as_array().map(Vec::as_slice) {
                Some([Value::String(name), value]) => Ok((name.clone(), bytes(value)?)),
                _ => Err(format!("the header {pair} is no pair of name and value")),
            })
            .collect(),
        other => Err(format!("the headers {other} are neither an object nor a list of pairs")),
    }
}

#[cfg(test)]
mod tests;
