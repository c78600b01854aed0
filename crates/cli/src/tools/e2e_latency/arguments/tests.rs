use super::*;

fn load_of(line: &str) -> Result<Load, String> {
    match read(line.split_whitespace().map(str::to_owned).collect()) {
        Ok(Asked::Run(load)) => Ok(load),
        Ok(Asked::Answered(_)) => Err("answered".to_owned()),
        Err(failure) => Err(failure.message),
    }
}

#[test]
fn words_in_order_mean_what_flags_do() {
    let flags = "--bootstrap-server b:1 --topic t --num-records 10 --producer-acks all --record-size 20";
    assert_eq!(load_of("b:1 t 10 all 20"), load_of(flags));
    assert!(load_of("b:1 t 10 all 20 file").is_ok_and(|load| load.command_config.as_deref() == Some("file")));
}

#[test]
fn what_cannot_be_measured_is_refused() {
    let check = |line: &str, expected: &str| {
        let said = load_of(line).expect_err(line);
        assert!(said.starts_with(expected), "{line}: {said}");
    };
    check("b:1 t", "Invalid number of arguments. Expected 5 or 6 positional arguments, but got 2.");
    check("b:1 t 10 0 20", "Invalid value for --producer-acks.");
    check("b:1 t 0 1 20", "Value for --num-records must be a positive integer.");
    check("--bootstrap-server b:1 --topic t", "Missing required argument \"[num-records]\"");
    check("b:1 t ten 1 20", "Cannot parse argument 'ten' of option num-records");
}

#[test]
fn records_have_the_sizes_asked_for() {
    let line = "--bootstrap-server b:1 --topic t --num-records 1 --producer-acks 1 --record-size 5 --record-key-size 3 \
                --num-headers 2 --record-header-key-size 4 --record-header-size -1";
    let content = load_of(line).expect("a load").record(&mut Random::new());
    assert_eq!((content.value.len(), content.key.map(|key| key.len())), (5, Some(3)));
    assert_eq!(content.headers.len(), 2);
    assert!(content.headers.iter().all(|(name, value)| name.len() == 4 && value.is_none()));
}
