use super::*;

#[test]
fn bars_fill_from_the_left() {
    assert_eq!(bar(0, 100), "[>                       ]   0 %");
    assert_eq!(bar(50, 100), "[============>           ]  50 %");
    assert_eq!(bar(100, 100), "[========================] 100 %");
    // A file may grow while it is read, or be empty.
    assert_eq!(bar(7, 5), bar(1, 1));
    assert_eq!(bar(0, 0), bar(1, 1));
}
