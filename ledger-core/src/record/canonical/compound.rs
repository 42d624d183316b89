//! Arrays, and objects whose members are put in the order of their keys when the object ends.

use super::{Canonical, CanonicalError, Member};
use serde::{Serialize, ser};

/// An array that is being written.
pub struct Array<'a> {
    to: &'a mut Canonical,
    first: bool,
    end: &'static [u8],
}

impl<'a> Array<'a> {
    pub(super) fn begin(to: &'a mut Canonical, end: &'static [u8]) -> Self {
        to.byte(b'[');
        Self { to, first: true, end }
    }

    fn element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), CanonicalError> {
        if !std::mem::take(&mut self.first) {
            self.to.byte(b',');
        }
        value.serialize(&mut *self.to)
    }

    fn finish(self) {
        self.to.out.extend_from_slice(self.end);
    }
}

/// An object that is being written.
pub struct Object<'a> {
    to: &'a mut Canonical,
    /// Where the members begin.
    start: usize,
    /// Members and bytes of keys that belong to the objects around this one.
    outer_members: usize,
    outer_keys: usize,
    /// The member whose value comes next: its key, and where it begins.
    open: Option<((usize, usize), usize)>,
    end: &'static [u8],
}

impl<'a> Object<'a> {
    pub(super) fn begin(to: &'a mut Canonical, end: &'static [u8]) -> Self {
        to.byte(b'{');
        let (start, outer_members, outer_keys) = (to.len(), to.members.len(), to.keys.len());
        Self { to, start, outer_members, outer_keys, open: None, end }
    }

    fn key(&mut self, key: &str) -> Result<(), CanonicalError> {
        if !key.is_ascii() {
            return Err(CanonicalError::Key(key.to_owned()));
        }
        let begin = self.to.len();
        let from = self.to.keys.len();
        self.to.keys.extend_from_slice(key.as_bytes());
        self.to.string(key);
        self.to.byte(b':');
        self.open = Some(((from, self.to.keys.len()), begin));
        Ok(())
    }

    fn value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), CanonicalError> {
        value.serialize(&mut *self.to)?;
        let (key, begin) = self.open.take().ok_or(CanonicalError::NotAString)?;
        self.to.members.push(Member { key, bytes: (begin, self.to.len()) });
        Ok(())
    }

    fn finish(self) -> Result<(), CanonicalError> {
        let Canonical { out, members, keys, scratch, .. } = self.to;
        let own = members.get_mut(self.outer_members..).unwrap_or_default();
        let key_of = |member: &Member| keys.get(member.key.0..member.key.1).unwrap_or_default();
        own.sort_unstable_by(|one, other| key_of(one).cmp(key_of(other)));
        scratch.clear();
        let mut before: Option<&[u8]> = None;
        for member in own.iter() {
            let key = key_of(member);
            if before == Some(key) {
                return Err(CanonicalError::Duplicate(String::from_utf8_lossy(key).into_owned()));
            }
            if before.is_some() {
                scratch.push(b',');
            }
            scratch.extend_from_slice(out.get(member.bytes.0..member.bytes.1).unwrap_or_default());
            before = Some(key);
        }
        out.truncate(self.start);
        out.extend_from_slice(scratch);
        out.extend_from_slice(self.end);
        members.truncate(self.outer_members);
        keys.truncate(self.outer_keys);
        Ok(())
    }
}

/// A key of a map: strings, and what JSON writes as a string.
struct Key<'a, 'b>(&'a mut Object<'b>);

impl ser::SerializeSeq for Array<'_> {
    type Ok = ();
    type Error = CanonicalError;
    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), CanonicalError> {
        self.element(value)
    }
    fn end(self) -> Result<(), CanonicalError> {
        self.finish();
        Ok(())
    }
}

impl ser::SerializeTuple for Array<'_> {
    type Ok = ();
    type Error = CanonicalError;
    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), CanonicalError> {
        self.element(value)
    }
    fn end(self) -> Result<(), CanonicalError> {
        self.finish();
        Ok(())
    }
}

impl ser::SerializeTupleStruct for Array<'_> {
    type Ok = ();
    type Error = CanonicalError;
    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), CanonicalError> {
        self.element(value)
    }
    fn end(self) -> Result<(), CanonicalError> {
        self.finish();
        Ok(())
    }
}

impl ser::SerializeTupleVariant for Array<'_> {
    type Ok = ();
    type Error = CanonicalError;
    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), CanonicalError> {
        self.element(value)
    }
    fn end(self) -> Result<(), CanonicalError> {
        self.finish();
        Ok(())
    }
}

impl ser::SerializeMap for Object<'_> {
    type Ok = ();
    type Error = CanonicalError;
    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), CanonicalError> {
        key.serialize(Key(self))
    }
    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), CanonicalError> {
        self.value(value)
    }
    fn end(self) -> Result<(), CanonicalError> {
        self.finish()
    }
}

impl ser::SerializeStruct for Object<'_> {
    type Ok = ();
    type Error = CanonicalError;
    fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<(), CanonicalError> {
        self.key(key)?;
        self.value(value)
    }
    fn end(self) -> Result<(), CanonicalError> {
        self.finish()
    }
}

impl ser::SerializeStructVariant for Object<'_> {
    type Ok = ();
    type Error = CanonicalError;
    fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<(), CanonicalError> {
        self.key(key)?;
        self.value(value)
    }
    fn end(self) -> Result<(), CanonicalError> {
        self.finish()
    }
}

macro_rules! no_key {
    ($($method:ident: $kind:ty),*) => {
        $(fn $method(self, _: $kind) -> Result<(), CanonicalError> {
            Err(CanonicalError::NotAString)
        })*
    };
}

type Never = ser::Impossible<(), CanonicalError>;

impl ser::Serializer for Key<'_, '_> {
    type Ok = ();
    type Error = CanonicalError;
    type SerializeSeq = Never;
    type SerializeTuple = Never;
    type SerializeTupleStruct = Never;
    type SerializeTupleVariant = Never;
    type SerializeMap = Never;
    type SerializeStruct = Never;
    type SerializeStructVariant = Never;

    fn serialize_str(self, key: &str) -> Result<(), CanonicalError> {
        self.0.key(key)
    }
    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<(), CanonicalError> {
        self.0.key(variant)
    }
    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Result<(), CanonicalError> {
        value.serialize(self)
    }
    no_key!(serialize_bool: bool, serialize_char: char, serialize_bytes: &[u8], serialize_f32: f32, serialize_f64: f64,
        serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64,
        serialize_u8: u8, serialize_u16: u16, serialize_u32: u32, serialize_u64: u64);
    fn serialize_none(self) -> Result<(), CanonicalError> {
        Err(CanonicalError::NotAString)
    }
    fn serialize_some<T: Serialize + ?Sized>(self, _: &T) -> Result<(), CanonicalError> {
        Err(CanonicalError::NotAString)
    }
    fn serialize_unit(self) -> Result<(), CanonicalError> {
        Err(CanonicalError::NotAString)
    }
    fn serialize_unit_struct(self, _: &'static str) -> Result<(), CanonicalError> {
        Err(CanonicalError::NotAString)
    }
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<(), CanonicalError> {
        Err(CanonicalError::NotAString)
    }
    fn serialize_seq(self, _: Option<usize>) -> Result<Never, CanonicalError> {
        Err(CanonicalError::NotAString)
    }
    fn serialize_tuple(self, _: usize) -> Result<Never, CanonicalError> {
        Err(CanonicalError::NotAString)
    }
    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Never, CanonicalError> {
        Err(CanonicalError::NotAString)
    }
    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Never, CanonicalError> {
        Err(CanonicalError::NotAString)
    }
    fn serialize_map(self, _: Option<usize>) -> Result<Never, CanonicalError> {
        Err(CanonicalError::NotAString)
    }
    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Never, CanonicalError> {
        Err(CanonicalError::NotAString)
    }
    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Never, CanonicalError> {
        Err(CanonicalError::NotAString)
    }
}
