//! Property files as people write them, up to a whole broker configuration.

#![no_main]

use jackdaw_config::{BrokerConfig, properties};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(found) = properties::parse(bytes) {
        let written =
            properties::write(found.iter().map(|property| (property.name.as_str(), property.value.as_str())));
        let again = properties::parse(written.as_bytes()).expect("what was written can be read");
        assert!(found.iter().map(|p| (&p.name, &p.value)).eq(again.iter().map(|p| (&p.name, &p.value))));
    }
    if let Ok(settings) = properties::settings("fuzz.properties", bytes) {
        let _: Result<_, _> = BrokerConfig::load(settings);
    }
});
