use super::*;

#[test]
fn credentials_are_a_password_and_perhaps_a_number() {
    let check = |text: &str, expected: Result<(i32, &str), &str>| {
        assert_eq!(credential("SCRAM-SHA-256", text), expected.map_err(str::to_owned), "{text}");
    };
    check("password=p,w", Ok((4096, "p,w")));
    check("iterations=8192,password=p", Ok((8192, "p")));
    check("password=", Ok((4096, "")));
    check(
        "iterations=10,password=p",
        Err("Iterations 10 is less than the minimum 4096 required for SCRAM-SHA-256"),
    );
    check("secret", Err("Invalid credential property SCRAM_SHA_256=secret"));
    check("iterations=4096", Err("Invalid credential property SCRAM_SHA_256=iterations=4096"));
    check("bogus=1,password=x", Err("Invalid credential property SCRAM_SHA_256=bogus=1,password=x"));
}
