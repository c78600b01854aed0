//! A client's address as Kafka shows it in groups: the text of Java's `InetAddress` without a name.

use std::net::IpAddr;

/// For example `/127.0.0.1`, `/0:0:0:0:0:0:0:1`.
pub fn java_address(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => format!("/{address}"),
        IpAddr::V6(address) => {
            let parts: Vec<String> = address.segments().iter().map(|part| format!("{part:x}")).collect();
            format!("/{}", parts.join(":"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::java_address;

    #[test]
    fn it_is_what_java_prints() {
        let check = |address: &str, expected: &str| {
            assert_eq!(java_address(address.parse().expect("an address")), expected);
        };
        check("127.0.0.1", "/127.0.0.1");
        check("::1", "/0:0:0:0:0:0:0:1");
        check("fe80::ab", "/fe80:0:0:0:0:0:0:ab");
    }
}
