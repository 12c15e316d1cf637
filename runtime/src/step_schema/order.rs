//! The fields of a struct in the order they are written.
//!
//! JSON Schema keeps properties in alphabetical order; but serde hands the names to whoever
//! deserialises, in the order of the struct. So an input that can only be asked for names is
//! deserialised.

use serde::Deserializer;
use serde::de::{DeserializeOwned, Error as _, Visitor, value};
use serde_json::{Map, Value};

/// The names of all `properties`, in the order in which `T` declares them.
pub(super) fn names<T: DeserializeOwned>(properties: &Map<String, Value>) -> Vec<String> {
    let mut declared: &[&str] = &[];
    // It always ends in an error: there is no input.
    drop(T::deserialize(Names(&mut declared)));
    let place = |name: &String| declared.iter().position(|d| d == name);
    let mut names: Vec<String> = properties.keys().cloned().collect();
    names.sort_by_key(|name| place(name).unwrap_or(usize::MAX));
    names
}

struct Names<'a>(&'a mut &'static [&'static str]);

impl<'de> Deserializer<'de> for Names<'_> {
    type Error = value::Error;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Self::Error> {
        Err(Self::Error::custom("there is no input"))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        *self.0 = fields;
        self.deserialize_any(visitor)
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option
        unit unit_struct newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}
