//! Scalars, and where arrays and objects begin.

use super::compound::{Array, Object};
use super::{Canonical, CanonicalError};
use serde::{Serialize, Serializer, ser};
use std::fmt::{Display, Write as _};

/// The largest integer that a JSON number holds exactly (RFC 8785, appendix D; RFC 7493, 2.2).
const MAX_SAFE: i128 = 9_007_199_254_740_991;

impl ser::Error for CanonicalError {
    fn custom<T: Display>(message: T) -> Self {
        Self::Value(message.to_string())
    }
}

impl Canonical {
    pub(super) fn byte(&mut self, byte: u8) {
        self.out.push(byte);
    }

    pub(super) fn len(&self) -> usize {
        self.out.len()
    }

    /// A string as RFC 8785, 3.2.2.2 writes it: the two-character escapes where there is one, else `\u00xx` for the other
    /// control characters, and everything else as it is.
    pub(super) fn string(&mut self, text: &str) {
        const HEX: &[u8; 16] = b"0123456789abcdef";
        self.out.push(b'"');
        if text.bytes().all(|byte| byte >= 0x20 && byte != b'"' && byte != b'\\') {
            self.out.extend_from_slice(text.as_bytes());
        } else {
            for byte in text.bytes() {
                let short = match byte {
                    b'"' | b'\\' => byte,
                    0x08 => b'b',
                    0x09 => b't',
                    0x0a => b'n',
                    0x0c => b'f',
                    0x0d => b'r',
                    0x00..0x20 => {
                        let digit = |nibble: u8| HEX.get(usize::from(nibble)).copied().unwrap_or(b'0');
                        self.out.extend_from_slice(&[b'\\', b'u', b'0', b'0', digit(byte >> 4), digit(byte & 15)]);
                        continue;
                    }
                    _ => {
                        self.out.push(byte);
                        continue;
                    }
                };
                self.out.extend_from_slice(&[b'\\', short]);
            }
        }
        self.out.push(b'"');
    }

    fn integer(&mut self, number: i128) -> Result<(), CanonicalError> {
        if (-MAX_SAFE..=MAX_SAFE).contains(&number) {
            self.display(&number);
            Ok(())
        } else {
            Err(CanonicalError::Integer(number))
        }
    }

    fn display(&mut self, value: &dyn Display) {
        let mut text = std::mem::take(&mut self.text);
        text.clear();
        // writing to a string does not fail
        let _ = write!(text, "{value}");
        self.out.extend_from_slice(text.as_bytes());
        self.text = text;
    }

    /// `{"variant":`, for the forms of an enum that hold something.
    fn variant(&mut self, variant: &'static str) -> Result<(), CanonicalError> {
        if !variant.is_ascii() {
            return Err(CanonicalError::Key(variant.to_owned()));
        }
        self.byte(b'{');
        self.string(variant);
        self.byte(b':');
        Ok(())
    }
}

impl<'a> Serializer for &'a mut Canonical {
    type Ok = ();
    type Error = CanonicalError;
    type SerializeSeq = Array<'a>;
    type SerializeTuple = Array<'a>;
    type SerializeTupleStruct = Array<'a>;
    type SerializeTupleVariant = Array<'a>;
    type SerializeMap = Object<'a>;
    type SerializeStruct = Object<'a>;
    type SerializeStructVariant = Object<'a>;

    fn serialize_bool(self, value: bool) -> Result<(), CanonicalError> {
        self.out.extend_from_slice(if value { b"true" } else { b"false" });
        Ok(())
    }
    fn serialize_i8(self, value: i8) -> Result<(), CanonicalError> {
        self.integer(value.into())
    }
    fn serialize_i16(self, value: i16) -> Result<(), CanonicalError> {
        self.integer(value.into())
    }
    fn serialize_i32(self, value: i32) -> Result<(), CanonicalError> {
        self.integer(value.into())
    }
    fn serialize_i64(self, value: i64) -> Result<(), CanonicalError> {
        self.integer(value.into())
    }
    fn serialize_i128(self, value: i128) -> Result<(), CanonicalError> {
        self.integer(value)
    }
    fn serialize_u8(self, value: u8) -> Result<(), CanonicalError> {
        self.integer(value.into())
    }
    fn serialize_u16(self, value: u16) -> Result<(), CanonicalError> {
        self.integer(value.into())
    }
    fn serialize_u32(self, value: u32) -> Result<(), CanonicalError> {
        self.integer(value.into())
    }
    fn serialize_u64(self, value: u64) -> Result<(), CanonicalError> {
        self.integer(value.into())
    }
    fn serialize_u128(self, value: u128) -> Result<(), CanonicalError> {
        self.integer(i128::try_from(value).unwrap_or(i128::MAX))
    }
    fn serialize_f32(self, _: f32) -> Result<(), CanonicalError> {
        Err(CanonicalError::Float)
    }
    fn serialize_f64(self, _: f64) -> Result<(), CanonicalError> {
        Err(CanonicalError::Float)
    }
    fn serialize_char(self, value: char) -> Result<(), CanonicalError> {
        self.string(value.encode_utf8(&mut [0; 4]));
        Ok(())
    }
    fn serialize_str(self, value: &str) -> Result<(), CanonicalError> {
        self.string(value);
        Ok(())
    }
    fn collect_str<T: Display + ?Sized>(self, value: &T) -> Result<(), CanonicalError> {
        let mut text = std::mem::take(&mut self.text);
        text.clear();
        let written = write!(text, "{value}");
        self.string(&text);
        self.text = text;
        written.map_err(|_| CanonicalError::Value("a value refuses to be displayed".to_owned()))
    }
    fn serialize_bytes(self, value: &[u8]) -> Result<(), CanonicalError> {
        self.collect_seq(value)
    }
    fn serialize_none(self) -> Result<(), CanonicalError> {
        self.serialize_unit()
    }
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), CanonicalError> {
        value.serialize(self)
    }
    fn serialize_unit(self) -> Result<(), CanonicalError> {
        self.out.extend_from_slice(b"null");
        Ok(())
    }
    fn serialize_unit_struct(self, _: &'static str) -> Result<(), CanonicalError> {
        self.serialize_unit()
    }
    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<(), CanonicalError> {
        self.serialize_str(variant)
    }
    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Result<(), CanonicalError> {
        value.serialize(self)
    }
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), CanonicalError> {
        self.variant(variant)?;
        value.serialize(&mut *self)?;
        self.byte(b'}');
        Ok(())
    }
    fn serialize_seq(self, _: Option<usize>) -> Result<Array<'a>, CanonicalError> {
        Ok(Array::begin(self, b"]"))
    }
    fn serialize_tuple(self, _: usize) -> Result<Array<'a>, CanonicalError> {
        Ok(Array::begin(self, b"]"))
    }
    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Array<'a>, CanonicalError> {
        Ok(Array::begin(self, b"]"))
    }
    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Array<'a>, CanonicalError> {
        self.variant(variant)?;
        Ok(Array::begin(self, b"]}"))
    }
    fn serialize_map(self, _: Option<usize>) -> Result<Object<'a>, CanonicalError> {
        Ok(Object::begin(self, b"}"))
    }
    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Object<'a>, CanonicalError> {
        Ok(Object::begin(self, b"}"))
    }
    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Object<'a>, CanonicalError> {
        self.variant(variant)?;
        Ok(Object::begin(self, b"}}"))
    }
}
