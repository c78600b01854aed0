//! Records of the metadata log: frame version, type, version, body.

#![no_main]

use jackdaw_protocol::metadata_record::MetadataRecord;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok((record, version)) = MetadataRecord::decode_with_version(bytes) {
        let mut encoded = Vec::new();
        record.encode(version, &mut encoded).expect("what was decoded can be encoded");
        let (record, again) =
            MetadataRecord::decode_with_version(&encoded).expect("what was encoded can be decoded");
        let mut twice = Vec::new();
        record.encode(again, &mut twice).expect("what was decoded can be encoded");
        assert_eq!((again, twice), (version, encoded)); // bytes, not values: a quota may be NaN
    }
});
