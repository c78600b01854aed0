use super::*;
use jackdaw_protocol::messages::api_versions_response::ApiVersion;

fn offering(api: ApiKey, low: i16, high: i16) -> ApiVersions {
    let api = ApiVersion { api_key: api.key(), min_version: low, max_version: high, ..ApiVersion::default() };
    ApiVersions::from_response(&ApiVersionsResponse { api_keys: vec![api], ..ApiVersionsResponse::default() })
}

#[test]
fn the_highest_common_version_is_spoken() {
    let check = |offered: (i16, i16), allowed: RangeInclusive<i16>, expected: Option<i16>| {
        let versions = offering(ApiKey::Metadata, offered.0, offered.1);
        assert_eq!(versions.negotiate(ApiKey::Metadata, allowed).ok(), expected, "{offered:?}");
    };
    check((0, 13), 0..=i16::MAX, Some(13));
    check((0, 99), 0..=i16::MAX, Some(13));
    check((0, 7), 0..=i16::MAX, Some(7));
    check((0, 13), 0..=9, Some(9));
    check((0, 7), 8..=13, None);
    check((20, 30), 0..=i16::MAX, None);
}

#[test]
fn an_unstable_version_is_not_spoken() {
    let versions = offering(ApiKey::InitProducerId, 0, 6);
    assert_eq!(versions.negotiate(ApiKey::InitProducerId, 0..=i16::MAX).ok(), Some(5));
}

#[test]
fn an_api_that_the_broker_lacks_is_named() {
    let error =
        offering(ApiKey::Metadata, 0, 1).negotiate(ApiKey::Fetch, 0..=20).expect_err("is not offered");
    assert!(error.to_string().contains("does not know Fetch"), "{error}");
    assert!(!error.is_retriable());
}
