//! How the tables of configurations are written: a row reads as `int("1").at_least(1).active()`, and makes a typed key.

use crate::definition::{DefaultValue, Definition, DynamicMode, Effect, Importance, Visibility};
use crate::resource_kind::ResourceKind;
use crate::validator::Validator;
use crate::value_type::ValueType;

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

    pub(crate) const fn nothing_to_tune(mut self) -> Self {
        self.effect = Effect::NothingToTune;
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
                $crate::resource_kind::ResourceKind::$resource,
                $name,
                $parts,
                $documentation,
            ));
        )+

        /// The rows of this area.
        pub(crate) const TABLE: &[$crate::definition::Definition] = &[
            $($crate::definition::Definition::new(
                $crate::resource_kind::ResourceKind::$resource,
                $name,
                $parts,
                $documentation,
            ),)+
        ];
    };
}
pub(crate) use definitions;
