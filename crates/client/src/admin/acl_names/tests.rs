use super::*;

#[test]
fn bits_name_operations() {
    assert_eq!(operations_of(i32::MIN), None);
    assert_eq!(operations_of(0), Some(Vec::new()));
    assert_eq!(operations_of((1 << 3) | (1 << 8)), Some(vec![AclOperation::Read, AclOperation::Describe]));
}

#[test]
fn names_and_numbers_lead_back() {
    for &operation in AclOperation::ALL {
        assert_eq!(AclOperation::from_id(operation.id()), Some(operation));
        assert_eq!(AclOperation::from_name(&operation.name().to_lowercase()), Some(operation));
    }
    assert_eq!(AclResourceType::from_id(99), None);
}
