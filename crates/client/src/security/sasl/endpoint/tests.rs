use super::*;

fn endpoint(scope: Option<&str>) -> TokenEndpoint {
    TokenEndpoint {
        is_secured: true,
        host: "idp.example".to_owned(),
        port: 443,
        path: "/token".to_owned(),
        client_id: "id".to_owned(),
        client_secret: "secret".into(),
        scope: scope.map(str::to_owned),
        trust: TrustStore::System,
    }
}

#[test]
fn addresses_are_read() {
    let check = |url: &str, expected: Option<(bool, &str, u16, &str)>| {
        let expected = expected
            .map(|(is_secured, host, port, path)| (is_secured, host.to_owned(), port, path.to_owned()));
        assert_eq!(parse_url(url), expected, "{url}");
    };
    check("https://idp.example/oauth/token?a=b", Some((true, "idp.example", 443, "/oauth/token?a=b")));
    check("http://idp.example:8080", Some((false, "idp.example", 8080, "/")));
    check("https://idp.example?a", Some((true, "idp.example", 443, "/?a")));
    check("http://[::1]:81/t", Some((false, "::1", 81, "/t")));
    check("https://[::1]/t", Some((true, "::1", 443, "/t")));
    check("ftp://idp.example/", None);
    check("idp.example", None);
    check("https:///token", None);
    check("https://idp.example:many/", None);
    check("https://user@idp.example/", None);
    check("https://idp.example/a b", None);
    check("https://idp.example/a\r\nX: y", None);
}

#[test]
fn a_request_shows_the_client_and_says_what_for() {
    let text = |scope| String::from_utf8(endpoint(scope).request()).expect("is text");
    let plain = text(None);
    assert!(plain.starts_with(
        "POST /token HTTP/1.1\r\nHost: idp.example:443\r\nAuthorization: Basic aWQ6c2VjcmV0\r\n"
    ));
    assert!(
        plain.ends_with("Content-Length: 29\r\nConnection: close\r\n\r\ngrant_type=client_credentials"),
        "{plain}"
    );
    assert!(text(Some("a b/ü")).ends_with("&scope=a+b%2F%C3%BC"));
    assert!(!format!("{:?}", endpoint(None)).contains("secret\""));
}

#[test]
fn a_token_is_found_or_the_reason_why_there_is_none() {
    let found = |answer: &str| token(answer.as_bytes()).map(|token| token.value().reveal().to_owned());
    let taken = |answer: &str| found(answer).unwrap_or_else(|error| panic!("{answer}: {error}"));
    let json = r#"{"access_token":"a.b.c","expires_in":60}"#;
    assert_eq!(taken(&format!("HTTP/1.1 200 OK\r\nContent-Length: 40\r\n\r\n{json}")), "a.b.c");
    let (head, tail) = json.split_at(10);
    let chunked = format!(
        "HTTP/1.1 200 OK\r\ntransfer-encoding: Chunked\r\n\r\na;x=y\r\n{head}\r\n1e\r\n{tail}\r\n0\r\n\r\n"
    );
    assert_eq!(taken(&chunked), "a.b.c");

    let refused = |answer: &str, expected: &str| {
        let error = found(answer).expect_err("is no token").to_string();
        assert!(error.contains(expected) && !error.contains("a.b.c"), "{error}");
    };
    let reason = r#"{"error":"invalid_client","error_description":"who?"}"#;
    refused(&format!("HTTP/1.1 401 Unauthorized\r\n\r\n{reason}"), "status 401: invalid_client: who?");
    refused(&format!("HTTP/1.1 500 Oh\r\n\r\n{json}"), "status 500");
    refused("HTTP/1.1 200 OK\r\n\r\n<html>", "status 200");
    refused(&chunked[..chunked.len() - 10], "cut short");
    refused("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\na", "cut short");
    refused("SSH-2.0\r\n\r\n", "no answer in HTTP");
    refused("", "no answer in HTTP");
}
