//! The words of access control: operations, resource types, patterns, permissions, as the protocol numbers them and Kafka's
//! tools name them; and the operations that answers report as allowed (KIP-430).

use std::fmt;

/// Makes an enum of what the protocol numbers, with the names that Kafka's tools use.
macro_rules! numbered {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $id:literal $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum $name {
            $(
                #[doc = concat!("`", $text, "`")]
                $variant,
            )*
        }

        impl $name {
            /// All of them, in the order of their numbers.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The number on the wire.
            pub const fn id(self) -> i8 {
                match self { $(Self::$variant => $id,)* }
            }

            /// The one with this number; `None` for one of a later release.
            pub const fn from_id(id: i8) -> Option<Self> {
                match id { $($id => Some(Self::$variant),)* _ => None }
            }

            /// Its name in Kafka.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }

            /// The one with this name, in capitals or not.
            pub fn from_name(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|it| it.name().eq_ignore_ascii_case(name))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.name())
            }
        }
    };
}

numbered!(
    /// What a principal wants to do.
    AclOperation {
        Any = 1 "ANY",
        All = 2 "ALL",
        Read = 3 "READ",
        Write = 4 "WRITE",
        Create = 5 "CREATE",
        Delete = 6 "DELETE",
        Alter = 7 "ALTER",
        Describe = 8 "DESCRIBE",
        ClusterAction = 9 "CLUSTER_ACTION",
        DescribeConfigs = 10 "DESCRIBE_CONFIGS",
        AlterConfigs = 11 "ALTER_CONFIGS",
        IdempotentWrite = 12 "IDEMPOTENT_WRITE",
        CreateTokens = 13 "CREATE_TOKENS",
        DescribeTokens = 14 "DESCRIBE_TOKENS",
        TwoPhaseCommit = 15 "TWO_PHASE_COMMIT",
    }
);
numbered!(
    /// What it wants to do it to.
    AclResourceType {
        Any = 1 "ANY",
        Topic = 2 "TOPIC",
        Group = 3 "GROUP",
        Cluster = 4 "CLUSTER",
        TransactionalId = 5 "TRANSACTIONAL_ID",
        DelegationToken = 6 "DELEGATION_TOKEN",
        User = 7 "USER",
    }
);
numbered!(
    /// How names of resources are compared. `Any` and `Match` are for filters alone.
    AclPatternType {
        Any = 1 "ANY",
        Match = 2 "MATCH",
        Literal = 3 "LITERAL",
        Prefixed = 4 "PREFIXED",
    }
);
numbered!(
    /// Whether it may. `Any` is for filters alone.
    AclPermission {
        Any = 1 "ANY",
        Deny = 2 "DENY",
        Allow = 3 "ALLOW",
    }
);

/// The operations whose bits are set; `None` where the broker was not asked, or did not say.
pub fn operations_of(bits: i32) -> Option<Vec<AclOperation>> {
    (bits != i32::MIN).then(|| {
        let allowed = |operation: &AclOperation| bits & (1 << operation.id()) != 0;
        AclOperation::ALL.iter().copied().filter(allowed).collect()
    })
}

#[cfg(test)]
mod tests;
