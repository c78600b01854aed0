use super::*;

#[test]
fn assignments_name_the_brokers_of_each_partition() {
    let check = |text: &str, expected: Result<Vec<Vec<i32>>, &str>| {
        assert_eq!(parse_assignment(text), expected.map_err(str::to_owned), "{text}");
    };
    check("0:1,1:2", Ok(vec![vec![0, 1], vec![1, 2]]));
    check(" 0 , 1 ", Ok(vec![vec![0], vec![1]]));
    check("0:0", Err("Partition replica lists may not contain duplicate entries: 0"));
    check("0:1,2", Err("Partition 1 has different replication factor: [2]"));
    check("a", Err("For input string: \"a\""));
}
