//! What is known about one configuration before anybody sets it: type, default, limits, who may change it
//! while the node runs. Values are not here (see `value`), nor where they come from (see `config`).

use std::fmt;

use crate::validator::Validator;

/// The type of a configuration's value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ValueType {
    /// `true` or `false`.
    Boolean,
    /// Text.
    String,
    /// A signed number of 32 bits.
    Int,
    /// A signed number of 16 bits.
    Short,
    /// A signed number of 64 bits.
    Long,
    /// A floating point number of 64 bits.
    Double,
    /// Texts, separated by commas.
    List,
    /// The name of a Java class.
    Class,
    /// A secret; it is never shown.
    Password,
}

impl ValueType {
    /// The name that Kafka gives it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Boolean => "BOOLEAN",
            Self::String => "STRING",
            Self::Int => "INT",
            Self::Short => "SHORT",
            Self::Long => "LONG",
            Self::Double => "DOUBLE",
            Self::List => "LIST",
            Self::Class => "CLASS",
            Self::Password => "PASSWORD",
        }
    }

    /// The code that `DescribeConfigs` carries from version 3 on; 0 stands for an unknown type.
    pub const fn code(self) -> i8 {
        match self {
            Self::Boolean => 1,
            Self::String => 2,
            Self::Int => 3,
            Self::Short => 4,
            Self::Long => 5,
            Self::Double => 6,
            Self::List => 7,
            Self::Class => 8,
            Self::Password => 9,
        }
    }
}

impl fmt::Display for ValueType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Which kind of thing is configured; the codes are those of the wire.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum ResourceKind {
    /// A topic.
    Topic,
    /// A broker, or, without a name, all of them.
    Broker,
    /// The loggers of one broker; they are set at run time and stored nowhere.
    BrokerLogger,
    /// A subscription to client metrics (KIP-714).
    ClientMetrics,
    /// A consumer, share or streams group (KIP-848, KIP-932, KIP-1071).
    Group,
}

impl ResourceKind {
    /// The code in requests and in `ConfigRecord`.
    pub const fn code(self) -> i8 {
        match self {
            Self::Topic => 2,
            Self::Broker => 4,
            Self::BrokerLogger => 8,
            Self::ClientMetrics => 16,
            Self::Group => 32,
        }
    }

    /// The kind that a code stands for.
    pub const fn from_code(code: i8) -> Option<Self> {
        match code {
            2 => Some(Self::Topic),
            4 => Some(Self::Broker),
            8 => Some(Self::BrokerLogger),
            16 => Some(Self::ClientMetrics),
            32 => Some(Self::Group),
            _ => None,
        }
    }

    /// The word for it, as in messages.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Topic => "topic",
            Self::Broker => "broker",
            Self::BrokerLogger => "broker logger",
            Self::ClientMetrics => "client metrics",
            Self::Group => "group",
        }
    }
}

/// The value of a configuration that nobody set.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DefaultValue {
    /// There is none: Kafka's `null`.
    Null,
    /// This one, in the form in which it would stand in a file.
    Text(&'static str),
    /// Kafka wants it set; we fill it in as if it had been set ([`crate::broker_config::IMPLIED`]).
    Implied,
}

/// How a broker's configuration can change while the broker runs (KIP-226).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DynamicMode {
    /// Not at all.
    ReadOnly,
    /// For each broker by itself.
    PerBroker,
    /// For all brokers, or for each by itself.
    ClusterWide,
}

impl DynamicMode {
    /// The word that Kafka's documentation uses.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ReadOnly => "read-only",
            Self::PerBroker => "per-broker",
            Self::ClusterWide => "cluster-wide",
        }
    }
}

/// How much a configuration matters to most people.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Importance {
    /// Look at it.
    High,
    /// Know that it is there.
    Medium,
    /// Leave it.
    Low,
}

/// Whether a configuration is shown to clients.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Visibility {
    /// In every description.
    Public,
    /// Only where somebody set it.
    Internal,
}

/// What setting a configuration does in this version.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Effect {
    /// It is honoured.
    Active,
    /// It is known and checked, and nothing follows from it yet; the node says so when it starts.
    NotYet,
    /// It would protect somebody and is not enforced yet: the node refuses to start with it.
    Protects,
}

/// One configuration.
#[derive(Clone, Copy, Debug)]
pub struct Definition {
    /// The name in files and requests.
    pub name: &'static str,
    /// What it configures.
    pub resource: ResourceKind,
    /// The type of its value.
    pub value_type: ValueType,
    /// The value where nobody set one.
    pub default: DefaultValue,
    /// Which values are allowed.
    pub validator: Validator,
    /// How it can change while a broker runs; topics, groups and subscriptions always can.
    pub dynamic_mode: DynamicMode,
    /// How much it matters.
    pub importance: Importance,
    /// Whether it is shown.
    pub visibility: Visibility,
    /// What it does here.
    pub effect: Effect,
    /// One sentence on it.
    pub documentation: &'static str,
}

impl Definition {
    /// Joins a table row's parts.
    pub(crate) const fn new(
        resource: ResourceKind,
        name: &'static str,
        parts: Parts,
        documentation: &'static str,
    ) -> Self {
        Self {
            name,
            resource,
            value_type: parts.value_type,
            default: parts.default,
            validator: parts.validator,
            dynamic_mode: parts.dynamic_mode,
            importance: parts.importance,
            visibility: parts.visibility,
            effect: parts.effect,
            documentation,
        }
    }

    /// Whether the value is masked wherever it would be shown.
    pub const fn is_sensitive(&self) -> bool {
        matches!(self.value_type, ValueType::Password)
    }

    /// Whether the value can be absent.
    pub const fn is_nullable(&self) -> bool {
        matches!(self.default, DefaultValue::Null)
    }

    /// The default in the form in which it would stand in a file.
    pub const fn default_text(&self) -> Option<&'static str> {
        match self.default {
            DefaultValue::Text(text) => Some(text),
            DefaultValue::Null | DefaultValue::Implied => None,
        }
    }
}

/// A table row without its name and its sentence. Rows are read as `int("1").at_least(1).active()`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Parts {
    value_type: ValueType,
    default: DefaultValue,
    validator: Validator,
    dynamic_mode: DynamicMode,
    importance: Importance,
    visibility: Visibility,
    effect: Effect,
}

impl Parts {
    const fn of(value_type: ValueType, default: DefaultValue) -> Self {
        let validator = match value_type {
            ValueType::List => Validator::List { allowed: &[], empty: true },
            _ => Validator::Any,
        };
        Self {
            value_type,
            default,
            validator,
            dynamic_mode: DynamicMode::ReadOnly,
            importance: Importance::Medium,
            visibility: Visibility::Public,
            effect: Effect::NotYet,
        }
    }

    pub(crate) const fn at_least(mut self, least: i64) -> Self {
        self.validator = Validator::Range { least, most: i64::MAX };
        self
    }

    pub(crate) const fn between(mut self, least: i64, most: i64) -> Self {
        self.validator = Validator::Range { least, most };
        self
    }

    pub(crate) const fn within(mut self, validator: Validator) -> Self {
        self.validator = validator;
        self
    }

    pub(crate) const fn one_of(mut self, allowed: &'static [&'static str]) -> Self {
        self.validator = Validator::OneOf(allowed);
        self
    }

    pub(crate) const fn list_of(mut self, allowed: &'static [&'static str]) -> Self {
        self.validator = Validator::List { allowed, empty: true };
        self
    }

    pub(crate) const fn not_empty(mut self) -> Self {
        self.validator = match self.validator {
            Validator::List { allowed, .. } => Validator::List { allowed, empty: false },
            _ => Validator::NonEmpty,
        };
        self
    }

    pub(crate) const fn per_broker(mut self) -> Self {
        self.dynamic_mode = DynamicMode::PerBroker;
        self
    }

    pub(crate) const fn cluster_wide(mut self) -> Self {
        self.dynamic_mode = DynamicMode::ClusterWide;
        self
    }

    pub(crate) const fn high(mut self) -> Self {
        self.importance = Importance::High;
        self
    }

    pub(crate) const fn low(mut self) -> Self {
        self.importance = Importance::Low;
        self
    }

    pub(crate) const fn internal(mut self) -> Self {
        self.visibility = Visibility::Internal;
        self
    }

    pub(crate) const fn active(mut self) -> Self {
        self.effect = Effect::Active;
        self
    }

    pub(crate) const fn protects(mut self) -> Self {
        self.effect = Effect::Protects;
        self
    }
}

macro_rules! part_constructors {
    ($($function:ident => $value_type:ident),+ $(,)?) => {
        $(pub(crate) const fn $function(default: &'static str) -> Parts {
            Parts::of(ValueType::$value_type, DefaultValue::Text(default))
        })+
    };
}

part_constructors!(
    boolean => Boolean,
    string => String,
    int => Int,
    short => Short,
    long => Long,
    double => Double,
    list => List,
    class => Class,
);

/// A value that is absent unless somebody sets it.
pub(crate) const fn null(value_type: ValueType) -> Parts {
    Parts::of(value_type, DefaultValue::Null)
}

/// A value that Kafka wants to be set.
pub(crate) const fn implied(value_type: ValueType) -> Parts {
    Parts::of(value_type, DefaultValue::Implied)
}

/// A secret; there is no default for secrets.
pub(crate) const fn password() -> Parts {
    Parts::of(ValueType::Password, DefaultValue::Null)
}

/// Makes, of the rows of one area, their typed keys and the table.
///
/// `KEY: type = "name" => parts, "One sentence.";` The type of the key is compared with the parts while
/// this crate is compiled, which is why reading a value by its key cannot fail.
macro_rules! definitions {
    ($resource:ident; $($key:ident : $value:ty = $name:literal => $parts:expr, $documentation:literal;)+) => {
        $(
            #[doc = concat!("`", $name, "`: ", $documentation)]
            pub const $key: $crate::key::Key<$value> = $crate::key::Key::of(&$crate::definition::Definition::new(
                $crate::definition::ResourceKind::$resource,
                $name,
                $parts,
                $documentation,
            ));
        )+

        /// The rows of this area.
        pub(crate) const TABLE: &[$crate::definition::Definition] = &[
            $($crate::definition::Definition::new(
                $crate::definition::ResourceKind::$resource,
                $name,
                $parts,
                $documentation,
            ),)+
        ];
    };
}
pub(crate) use definitions;
