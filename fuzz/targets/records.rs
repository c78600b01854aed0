//! Record batches, one behind the other, as producers send them and as files hold them; compressed ones too.

#![no_main]

use jackdaw_protocol::records::{Batches, RecordLimits, validate_records};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let limits = RecordLimits { unpacked_bytes_max: 1 << 20 };
    let mut end = 0;
    for batch in Batches::new(bytes) {
        let Ok(batch) = batch else {
            break;
        };
        end += batch.as_bytes().len();
        assert!(end <= bytes.len());
        batch.crc_is_valid();
        let mut records = batch.records(limits);
        let mut count: i64 = 0;
        while let Some(record) = records.next_record() {
            let Ok(record) = record else {
                break;
            };
            count += 1;
            record.headers.clone().count();
        }
        // What passes the validation of a produced batch has as many records as it says.
        if validate_records(&batch, limits).is_ok() {
            assert_eq!(count, i64::from(batch.record_count()));
        }
    }
});
