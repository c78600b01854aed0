use super::EndpointType::{Broker, Controller};
use super::*;

#[test]
fn a_wrong_type_is_told_as_the_version_can() {
    let check = |served, asked, version| check(served, asked, version).map_err(|(error, _)| error);
    assert_eq!(check(Broker, 1, 0), Ok(()));
    assert_eq!(check(Controller, 2, 1), Ok(()));
    assert_eq!(check(Broker, 2, 1), Err(ErrorCode::MismatchedEndpointType));
    assert_eq!(check(Controller, 1, 0), Err(ErrorCode::InvalidRequest));
    assert_eq!(check(Broker, 3, 2), Err(ErrorCode::UnsupportedEndpointType));
    assert_eq!(check(Broker, 0, 0), Err(ErrorCode::InvalidRequest));
}
