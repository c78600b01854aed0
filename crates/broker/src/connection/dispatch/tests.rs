use super::*;

#[test]
fn software_words_as_kip_511_allows_them() {
    for word in ["a", "librdkafka", "2.6.1", "apache-kafka-java", "A1"] {
        assert!(is_software_word(word), "{word}");
    }
    for word in ["", "-", ".a", "a.", "a b", "a/b", "größe", "-a"] {
        assert!(!is_software_word(word), "{word}");
    }
}
