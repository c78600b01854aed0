//! Typed names of configurations: reading a value by its key gives its Rust type, and cannot fail.

use std::marker::PhantomData;

use crate::definition::Definition;
use crate::resource_kind::ResourceKind;
use crate::value::{Secret, Value};
use crate::value_type::ValueType;

/// The name of a configuration together with the type of its value.
pub struct Key<T> {
    name: &'static str,
    resource: ResourceKind,
    value: PhantomData<fn() -> T>,
}

impl<T> Clone for Key<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Key<T> {}

impl<T> std::fmt::Debug for Key<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

impl<T> Key<T> {
    /// The name in files and requests.
    pub const fn name(self) -> &'static str {
        self.name
    }

    /// What the configuration belongs to.
    pub const fn resource(self) -> ResourceKind {
        self.resource
    }
}

impl<T: ConfigValue> Key<T> {
    /// The key of a definition. Stops the compilation if the types differ.
    pub(crate) const fn of(definition: &Definition) -> Self {
        assert!(T::NULLABLE == definition.is_nullable(), "Option exactly where the default is null");
        let mut index = 0;
        let mut fits = false;
        while index < T::TYPES.len() {
            fits |= T::TYPES[index] as u8 == definition.value_type as u8;
            index += 1;
        }
        assert!(fits, "the key's type is not that of the definition");
        Self { name: definition.name, resource: definition.resource, value: PhantomData }
    }
}

/// A Rust type that configuration values have.
pub trait ConfigValue: Sized {
    /// The types of configurations that it stands for.
    const TYPES: &'static [ValueType];
    /// Whether the value may be absent.
    const NULLABLE: bool = false;
    /// The value, if it is of this type.
    fn of(value: &Value) -> Option<Self>;
}

macro_rules! config_value {
    ($($rust:ty => $variant:ident, [$($value_type:ident),+];)+) => {
        $(impl ConfigValue for $rust {
            const TYPES: &'static [ValueType] = &[$(ValueType::$value_type),+];

            fn of(value: &Value) -> Option<Self> {
                match value {
                    Value::$variant(value) => Some(value.clone()),
                    _ => None,
                }
            }
        })+
    };
}

config_value! {
    bool => Boolean, [Boolean];
    i16 => Short, [Short];
    i32 => Int, [Int];
    i64 => Long, [Long];
    f64 => Double, [Double];
    String => Text, [String, Class];
    Vec<String> => List, [List];
    Secret => Password, [Password];
}

impl<T: ConfigValue> ConfigValue for Option<T> {
    const TYPES: &'static [ValueType] = T::TYPES;
    const NULLABLE: bool = true;

    fn of(value: &Value) -> Option<Self> {
        match value {
            Value::Null => Some(None),
            value => T::of(value).map(Some),
        }
    }
}
