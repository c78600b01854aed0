//! How listeners, advertised listeners, protocols, roles and quorum fit together. Opening sockets is not here.

use std::collections::{BTreeMap, BTreeSet};

use crate::definitions::{network, quorum as quorum_rows, sasl, server};
use crate::error::{Conflict, ListenerConflict, RoleConflict};
use crate::listener::{Endpoint, SecurityProtocol, are_both_families, parse_protocol_map};
use crate::quorum_config::QuorumConfig;
use crate::quorum_voters::Voter;
use crate::roles::Roles;
use crate::values::Values;

/// Whom a listener is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Purpose {
    /// Clients and other brokers.
    Broker,
    /// The metadata quorum, and tools that speak to it.
    Controller,
}

/// A listener, or what is advertised for one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Listener {
    /// Its name and address. When it is opened: an empty host means every address, port 0 any free port.
    /// When it is advertised: an empty host means the name of this machine, port 0 the port that was opened.
    pub endpoint: Endpoint,
    /// How it speaks.
    pub protocol: SecurityProtocol,
    /// Whom it is for.
    pub purpose: Purpose,
}

/// All listeners of a node.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Listeners {
    /// Those to be opened, in the order of `listeners`.
    pub opened: Vec<Listener>,
    /// What clients and brokers are told, for the brokers' listeners only.
    pub advertised: Vec<Listener>,
    /// What nodes are told for the controller's listeners.
    pub advertised_controller: Vec<Listener>,
    /// `controller.listener.names`, in upper case; on a node that is no controller, the names by which it
    /// reaches the controllers.
    pub controller_names: Vec<String>,
    /// The listener that brokers use among themselves, in upper case.
    pub inter_broker_name: String,
    /// The protocol of that listener.
    pub inter_broker_protocol: SecurityProtocol,
    /// The protocol of each listener name, of other nodes' controllers too.
    pub protocols: BTreeMap<String, SecurityProtocol>,
}

impl Listeners {
    /// Joins the settings, or names all contradictions between them.
    pub(crate) fn resolve(
        values: &Values,
        roles: Roles,
        quorum: &QuorumConfig,
        is_given: impl Fn(&str) -> bool,
    ) -> Result<Self, Vec<Conflict>> {
        let mut resolver = Resolver { conflicts: Vec::new() };
        let listeners = resolver.join(values, roles, quorum, &is_given);
        resolver.check_roles(&listeners, values, roles, &is_given);
        resolver.check_quorum(values, roles, quorum);
        resolver.check_mechanism(&listeners, values);
        match resolver.conflicts.is_empty() {
            true => Ok(listeners),
            false => Err(resolver.conflicts),
        }
    }

    /// The listener of a name that is opened.
    pub fn find(&self, name: &str) -> Option<&Listener> {
        self.opened.iter().find(|listener| listener.endpoint.name == name)
    }
}

struct Resolver {
    conflicts: Vec<Conflict>,
}

impl Resolver {
    fn refuse(&mut self, conflict: impl Into<Conflict>) {
        self.conflicts.push(conflict.into());
    }

    fn join(
        &mut self,
        values: &Values,
        roles: Roles,
        quorum: &QuorumConfig,
        is_given: &impl Fn(&str) -> bool,
    ) -> Listeners {
        let mut endpoints = endpoints_of(values.get(network::LISTENERS));
        let mut controller_names: Vec<String> =
            values.get(network::CONTROLLER_LISTENER_NAMES).iter().map(|name| name.to_uppercase()).collect();
        let opens = |names: &[String]| endpoints.iter().any(|endpoint| names.contains(&endpoint.name));
        // Nobody asked for a controller's listener, and a node that is the whole quorum needs none.
        let is_wanted = is_given("controller.listener.names") || opens(&controller_names);
        if roles == Roles::BrokerAndController && !is_wanted {
            controller_names.clear();
        }
        if !is_given("listeners") {
            endpoints.retain(|endpoint| match controller_names.contains(&endpoint.name) {
                true => roles.is_controller(),
                false => roles.is_broker(),
            });
        }
        self.check_names_and_ports(&endpoints);
        let protocols = protocols(values, &endpoints, &controller_names, is_given);
        let opened = self.with_protocols(&endpoints, &protocols, &controller_names);
        let given = values.get(network::ADVERTISED_LISTENERS).map(endpoints_of);
        let advertised = match &given {
            Some(endpoints) => self.advertised(endpoints, &opened, roles, &protocols, &controller_names),
            None => opened.iter().filter(|listener| listener.purpose == Purpose::Broker).cloned().collect(),
        };
        let own = quorum.voters.iter().find(|voter| voter.id == values.get(server::NODE_ID));
        let advertised_controller = advertised_controller(&opened, given.as_deref(), &controller_names, own);
        for listener in advertised.iter().chain(&advertised_controller) {
            if listener.endpoint.host == "0.0.0.0" {
                self.refuse(ListenerConflict::Unroutable(listener.endpoint.name.clone()));
            }
        }
        let (inter_broker_name, inter_broker_protocol) = self.inter_broker(values, &protocols, is_given);
        Listeners {
            opened,
            advertised,
            advertised_controller,
            controller_names,
            inter_broker_name,
            inter_broker_protocol,
            protocols,
        }
    }

    fn check_names_and_ports(&mut self, endpoints: &[Endpoint]) {
        self.check_names(endpoints);
        let mut by_port: BTreeMap<u16, Vec<&str>> = BTreeMap::new();
        for endpoint in endpoints.iter().filter(|endpoint| endpoint.port != 0) {
            by_port.entry(endpoint.port).or_default().push(&endpoint.host);
        }
        for (port, hosts) in by_port {
            match hosts.as_slice() {
                [_] => {}
                [first, second] if are_both_families(first, second) => {}
                _ => self.refuse(ListenerConflict::DuplicatePort(port)),
            }
        }
    }

    fn check_names(&mut self, endpoints: &[Endpoint]) {
        let mut names = BTreeSet::new();
        for endpoint in endpoints {
            if !names.insert(&endpoint.name) {
                self.refuse(ListenerConflict::DuplicateName(endpoint.name.clone()));
            }
        }
    }

    fn with_protocols(
        &mut self,
        endpoints: &[Endpoint],
        protocols: &BTreeMap<String, SecurityProtocol>,
        controller_names: &[String],
    ) -> Vec<Listener> {
        let mut listeners = Vec::new();
        for endpoint in endpoints {
            let purpose = match controller_names.contains(&endpoint.name) {
                true => Purpose::Controller,
                false => Purpose::Broker,
            };
            match protocols.get(&endpoint.name) {
                Some(&protocol) => listeners.push(Listener { endpoint: endpoint.clone(), protocol, purpose }),
                None => self.refuse(ListenerConflict::NoProtocol(endpoint.name.clone())),
            }
        }
        listeners
    }

    fn advertised(
        &mut self,
        endpoints: &[Endpoint],
        opened: &[Listener],
        roles: Roles,
        protocols: &BTreeMap<String, SecurityProtocol>,
        controller_names: &[String],
    ) -> Vec<Listener> {
        self.check_names(endpoints);
        let mut listeners = self.with_protocols(endpoints, protocols, controller_names);
        for listener in &listeners {
            let name = &listener.endpoint.name;
            let is_opened = opened.iter().any(|opened| opened.endpoint.name == *name);
            if !is_opened && roles.is_broker() && listener.purpose == Purpose::Broker {
                self.refuse(ListenerConflict::AdvertisedUnknown(name.clone()));
            }
        }
        listeners.retain(|listener| listener.purpose == Purpose::Broker);
        listeners
    }

    fn inter_broker(
        &mut self,
        values: &Values,
        protocols: &BTreeMap<String, SecurityProtocol>,
        is_given: &impl Fn(&str) -> bool,
    ) -> (String, SecurityProtocol) {
        let protocol = SecurityProtocol::parse(&values.get(network::SECURITY_INTER_BROKER_PROTOCOL))
            .unwrap_or(SecurityProtocol::Plaintext);
        let Some(name) = values.get(network::INTER_BROKER_LISTENER_NAME) else {
            return (protocol.name().to_owned(), protocol);
        };
        if is_given("security.inter.broker.protocol") {
            self.refuse(Conflict::InterBrokerTwice);
        }
        let name = name.to_uppercase();
        match protocols.get(&name) {
            Some(&protocol) => (name, protocol),
            None => {
                self.refuse(ListenerConflict::NoProtocol(name.clone()));
                (name, protocol)
            }
        }
    }

    fn check_roles(
        &mut self,
        listeners: &Listeners,
        values: &Values,
        roles: Roles,
        is_given: &impl Fn(&str) -> bool,
    ) {
        if roles.is_broker() {
            let is_told = |name: &str| listeners.advertised.iter().any(|told| told.endpoint.name == name);
            if listeners.advertised.is_empty() {
                self.refuse(RoleConflict::NoBrokerListener);
            } else if !is_told(&listeners.inter_broker_name) {
                self.refuse(RoleConflict::InterBrokerNotAdvertised(listeners.inter_broker_name.clone()));
            }
        }
        let of = |purpose| listeners.opened.iter().filter(move |listener| listener.purpose == purpose);
        match roles {
            Roles::Broker => {
                for listener in of(Purpose::Controller) {
                    self.refuse(RoleConflict::ControllerOnBroker(listener.endpoint.name.clone()));
                }
                for name in &listeners.controller_names {
                    if !listeners.protocols.contains_key(name) {
                        self.refuse(ListenerConflict::NoProtocol(name.clone()));
                    }
                }
            }
            Roles::Controller => {
                for listener in of(Purpose::Broker) {
                    self.refuse(RoleConflict::BrokerOnController(listener.endpoint.name.clone()));
                }
                let name = &listeners.inter_broker_name;
                if is_given("inter.broker.listener.name") && listeners.controller_names.contains(name) {
                    self.refuse(RoleConflict::InterBrokerIsController(name.clone()));
                }
            }
            Roles::BrokerAndController => {}
        }
        if roles.is_controller() && !listeners.controller_names.is_empty() {
            self.check_controller_names(listeners);
        }
        for name in values.get(network::EARLY_START_LISTENERS).unwrap_or_default() {
            if listeners.find(&name.to_uppercase()).is_none() {
                self.refuse(ListenerConflict::EarlyUnknown(name));
            }
        }
    }

    fn check_controller_names(&mut self, listeners: &Listeners) {
        let unknown = listeners.controller_names.iter().filter(|name| listeners.find(name).is_none());
        let unknown: Vec<String> = unknown.cloned().collect();
        if unknown.len() == listeners.controller_names.len() {
            self.refuse(RoleConflict::NoControllerListener);
        } else {
            unknown.into_iter().for_each(|name| self.refuse(RoleConflict::ControllerUnknown(name)));
        }
    }

    fn check_quorum(&mut self, values: &Values, roles: Roles, quorum: &QuorumConfig) {
        let id = values.get(server::NODE_ID);
        let mut ids = BTreeSet::new();
        for voter in &quorum.voters {
            if !ids.insert(voter.id) {
                self.refuse(RoleConflict::DuplicateVoter(voter.id));
            }
        }
        match roles {
            Roles::Broker if ids.is_empty() && quorum.bootstrap_servers.is_empty() => {
                self.refuse(RoleConflict::NoQuorum);
            }
            Roles::Broker if ids.contains(&id) => self.refuse(RoleConflict::BrokerIsVoter(id)),
            Roles::Controller | Roles::BrokerAndController if !ids.is_empty() && !ids.contains(&id) => {
                self.refuse(RoleConflict::ControllerIsNoVoter(id));
            }
            _ => {}
        }
        if roles == Roles::Broker && values.get(quorum_rows::CONTROLLER_QUORUM_AUTO_JOIN_ENABLE) {
            self.refuse(RoleConflict::AutoJoinOnBroker);
        }
    }

    fn check_mechanism(&mut self, listeners: &Listeners, values: &Values) {
        let mechanism = values.get(sasl::SASL_MECHANISM_INTER_BROKER_PROTOCOL);
        let is_enabled = values.get(sasl::SASL_ENABLED_MECHANISMS).contains(&mechanism);
        if listeners.inter_broker_protocol.is_sasl() && !is_enabled {
            self.refuse(ListenerConflict::InterBrokerMechanism(mechanism));
        }
    }
}

/// The entries of a list that was checked when it was read.
fn endpoints_of(entries: Vec<String>) -> Vec<Endpoint> {
    entries.iter().filter_map(|entry| Endpoint::parse(entry).ok()).collect()
}

/// What nodes are told of the controller's listeners.
fn advertised_controller(
    opened: &[Listener],
    given: Option<&[Endpoint]>,
    controller_names: &[String],
    own: Option<&Voter>,
) -> Vec<Listener> {
    let controllers = opened.iter().filter(|listener| listener.purpose == Purpose::Controller);
    let told = controllers.map(|listener| {
        let endpoint = &listener.endpoint;
        let given = given.unwrap_or_default().iter().find(|given| given.name == endpoint.name);
        let is_first = controller_names.first() == Some(&endpoint.name);
        let derived = || reachable(endpoint, own.filter(|_| is_first));
        Listener { endpoint: given.cloned().unwrap_or_else(derived), ..listener.clone() }
    });
    told.collect()
}

/// What nodes are told of a controller's listener where nobody says it: the address among the voters, if the
/// listener is open for every address; the name of this machine, if it says so in IPv4's words.
fn reachable(endpoint: &Endpoint, own: Option<&Voter>) -> Endpoint {
    let (host, port) = match (endpoint.host.as_str(), own) {
        ("" | "0.0.0.0", Some(voter)) => (voter.address.host.clone(), voter.address.port),
        ("0.0.0.0", None) => (String::new(), endpoint.port),
        _ => return endpoint.clone(),
    };
    Endpoint { name: endpoint.name.clone(), host, port }
}

/// The protocols of all names. Where nobody gave the map and nothing asks for security, a controller's listener
/// speaks PLAINTEXT whatever its name is.
fn protocols(
    values: &Values,
    endpoints: &[Endpoint],
    controller_names: &[String],
    is_given: &impl Fn(&str) -> bool,
) -> BTreeMap<String, SecurityProtocol> {
    let text = values.get(network::LISTENER_SECURITY_PROTOCOL_MAP);
    let mut protocols = parse_protocol_map(&text).unwrap_or_default();
    let is_secure =
        |name: &str| SecurityProtocol::parse(name).is_some_and(|p| p != SecurityProtocol::Plaintext);
    let asks_for_security =
        endpoints.iter().map(|endpoint| &endpoint.name).chain(controller_names).any(|name| is_secure(name));
    if !is_given("listener.security.protocol.map") && !asks_for_security {
        let plain = controller_names.iter().map(|name| (name.clone(), SecurityProtocol::Plaintext));
        protocols.extend(plain);
    }
    protocols
}

#[cfg(test)]
mod tests;
