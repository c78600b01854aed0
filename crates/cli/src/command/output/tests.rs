use super::*;

#[test]
fn columns_are_as_wide_as_their_widest_cell() {
    let mut table = Table::new(&["NAME", "#COUNT"]);
    table.row(["a".to_owned(), "1".to_owned()]);
    table.row(["longer".to_owned(), "10000000".to_owned()]);
    assert_eq!(table.text(), "NAME       COUNT\na              1\nlonger  10000000\n");
}

#[test]
fn numbers_for_people() {
    assert_eq!(
        ["0", "999", "1 000", "1 234 567"],
        [0, 999, 1000, 1_234_567].map(grouped).each_ref().map(String::as_str)
    );
    assert_eq!(
        ["512 B", "1.5 KiB", "2.0 GiB"],
        [512, 1536, 2 << 30].map(bytes).each_ref().map(String::as_str)
    );
}
