use jackdaw_protocol::error_code::ErrorCode;

use super::*;

fn written(base_offset: i64) -> Outcome {
    Outcome::Written { base_offset: Some(base_offset), append_time_ms: None }
}

fn offset(completion: &Arc<Completion>, index: i32) -> Option<Option<i64>> {
    Delivery::new(Arc::clone(completion), index).now().map(|result| result.expect("is written").offset)
}

#[test]
fn offsets_count_from_the_base() {
    let completion = Completion::new("t".into(), 3);
    assert_eq!(offset(&completion, 0), None);
    completion.resolve(10, 10, 10, written(100));
    assert_eq!((offset(&completion, 0), offset(&completion, 9)), (Some(Some(100)), Some(Some(109))));
}

#[test]
fn a_split_batch_is_complete_with_its_last_piece() {
    let completion = Completion::new("t".into(), 0);
    completion.resolve(10, 6, 10, written(70));
    assert_eq!(offset(&completion, 7), None);
    completion.resolve(4, 4, 10, written(20));
    assert_eq!(offset(&completion, 3), Some(Some(23)));
    assert_eq!(offset(&completion, 4), Some(Some(70)));
    assert_eq!(offset(&completion, 9), Some(Some(75)));
}

#[test]
fn a_refused_record_has_its_own_error() {
    let completion = Completion::new("t".into(), 0);
    let error = Error::broker_error(ErrorCode::InvalidRecord);
    let own = Error::from_code(ErrorCode::InvalidRecord.code(), Some("no key"));
    completion.resolve(3, 3, 3, Outcome::Refused { error, records: [(1, own)].into() });
    let message = |index| {
        let error =
            Delivery::new(Arc::clone(&completion), index).now().expect("is known").expect_err("failed");
        error.to_string()
    };
    assert_eq!(message(0), "INVALID_RECORD");
    assert_eq!(message(1), "INVALID_RECORD: no key");
}

#[tokio::test]
async fn everybody_who_waits_is_woken_and_who_stopped_waiting_is_not_missed() {
    let completion = Completion::new("t".into(), 0);
    let waiting: Vec<_> =
        (0..3).map(|index| tokio::spawn(Delivery::new(Arc::clone(&completion), index))).collect();
    let mut given_up = Box::pin(Delivery::new(Arc::clone(&completion), 0));
    assert!(futures_poll(&mut given_up).await.is_pending());
    drop(given_up);
    tokio::task::yield_now().await;
    completion.resolve(3, 3, 3, written(5));
    for (index, task) in waiting.into_iter().enumerate() {
        let metadata = task.await.expect("runs").expect("is written");
        assert_eq!(metadata.offset, Some(5 + index as i64));
    }
}

/// Polls once.
async fn futures_poll(delivery: &mut Pin<Box<Delivery>>) -> Poll<Result<RecordMetadata>> {
    std::future::poll_fn(|context| Poll::Ready(delivery.as_mut().poll(context))).await
}
