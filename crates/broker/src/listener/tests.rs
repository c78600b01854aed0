use std::net::TcpStream;

use super::*;
use crate::limits::Limits;

#[test]
fn loopback_has_both_families_on_one_free_port() {
    let bound = bind(&ListenerSpec::loopback("PLAINTEXT", 0), &Limits::default()).expect("binds");
    assert_ne!(bound.port(), 0);
    assert!(
        bound.addresses().iter().all(|address| address.port() == bound.port() && address.ip().is_loopback())
    );
    for address in bound.addresses() {
        TcpStream::connect(address).expect("connects");
    }
    assert_eq!(bound.addresses()[0].ip(), IpAddr::from(Ipv4Addr::LOCALHOST));
}

#[test]
fn everywhere_takes_clients_of_both_families() {
    let bound = bind(&ListenerSpec::everywhere("PLAINTEXT", 0), &Limits::default()).expect("binds");
    TcpStream::connect((Ipv4Addr::LOCALHOST, bound.port())).expect("connects");
}

#[test]
fn an_error_says_what_to_do() {
    let taken = bind(&ListenerSpec::loopback("FIRST", 0), &Limits::default()).expect("binds");
    let error =
        bind(&ListenerSpec::loopback("SECOND", taken.port()), &Limits::default()).expect_err("it is taken");
    let text = error.to_string();
    assert!(text.contains("SECOND") && text.contains("another process has this port"), "{text}");
    // An address of the block for documentation, which no machine has.
    let foreign = ListenerSpec::plaintext("OUTER", vec!["192.0.2.1".parse().expect("an address")], 0);
    let text = bind(&foreign, &Limits::default()).expect_err("nobody has it").to_string();
    assert!(text.contains("advertised.listeners"), "{text}");
}

#[test]
fn an_address_that_is_missing_is_skipped_if_there_is_another() {
    let addresses = vec!["192.0.2.1".parse().expect("an address"), Ipv4Addr::LOCALHOST.into()];
    let bound = bind(&ListenerSpec::plaintext("MIXED", addresses, 0), &Limits::default()).expect("binds");
    assert_eq!(bound.addresses().len(), 1);
}
