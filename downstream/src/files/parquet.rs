//! Parquet: amounts as `DECIMAL(23, 4)` in the major unit, since no currency of ISO 4217 has more than four decimals and an amount no
//! more than 19 digits; dates as `DATE`, instants as `TIMESTAMP` in microseconds UTC; Snappy.

use super::output::Output;
use super::part::Part;
use crate::Error;
use crate::table::{Column, Kind, Merge, Table, Value};
use ledger_core::money::{Amount, Currency};
use parquet::basic::{Compression, LogicalType, Repetition, TimeUnit, Type as Physical};
use parquet::data_type::{
    ByteArray, ByteArrayType, DataType, FixedLenByteArray, FixedLenByteArrayType, Int32Type, Int64Type,
};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::types::{Type, TypePtr};
use std::sync::Arc;

/// Decimals of every amount.
pub const SCALE: i32 = 4;
/// Digits of every amount.
pub const PRECISION: i32 = 23;
/// Bytes that hold so many digits: 2^79 is above 10^23.
const WIDTH: usize = 10;
/// Rows that are encoded together.
const GROUP: usize = 16_384;

impl From<ParquetError> for Error {
    fn from(error: ParquetError) -> Self {
        Self::Encode(error.to_string())
    }
}

enum Buffer {
    Bytes(Vec<ByteArray>),
    Longs(Vec<i64>),
    Days(Vec<i32>),
    Decimals(Vec<FixedLenByteArray>),
}

struct Filling {
    values: Buffer,
    /// 1 for a value, 0 for none; only for columns that can be empty.
    levels: Option<Vec<i16>>,
}

/// A file of Parquet.
pub(super) struct ParquetFile {
    writer: SerializedFileWriter<Output>,
    columns: Vec<Filling>,
    rows: usize,
}

fn can_be_empty(column: &Column) -> bool {
    column.nullable || column.merge == Merge::Keep
}

fn schema(table: &Table) -> Result<TypePtr, ParquetError> {
    let field = |column: &Column| {
        let (physical, logical) = match column.kind {
            Kind::Text => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
            Kind::Integer => (Physical::INT64, None),
            Kind::Amount => (Physical::FIXED_LEN_BYTE_ARRAY, Some(LogicalType::decimal(SCALE, PRECISION))),
            Kind::Date => (Physical::INT32, Some(LogicalType::Date)),
            Kind::Instant => (Physical::INT64, Some(LogicalType::timestamp(true, TimeUnit::MICROS))),
        };
        let repetition = if can_be_empty(column) { Repetition::OPTIONAL } else { Repetition::REQUIRED };
        let builder = Type::primitive_type_builder(&column.name, physical).with_repetition(repetition);
        let builder = builder.with_logical_type(logical);
        let builder = if column.kind == Kind::Amount {
            builder.with_length(i32::try_from(WIDTH).unwrap_or(i32::MAX)).with_precision(PRECISION).with_scale(SCALE)
        } else {
            builder
        };
        builder.build().map(Arc::new)
    };
    let fields = table.columns.iter().map(field).collect::<Result<Vec<_>, _>>()?;
    Type::group_type_builder(table.name).with_fields(fields).build().map(Arc::new)
}

fn empty(column: &Column) -> Filling {
    let values = match column.kind {
        Kind::Text => Buffer::Bytes(Vec::new()),
        Kind::Integer | Kind::Instant => Buffer::Longs(Vec::new()),
        Kind::Date => Buffer::Days(Vec::new()),
        Kind::Amount => Buffer::Decimals(Vec::new()),
    };
    Filling { values, levels: can_be_empty(column).then(Vec::new) }
}

impl Filling {
    fn push(&mut self, value: &Value<'_>) -> Result<(), Error> {
        match (&mut self.values, value) {
            (_, Value::Empty) if self.levels.is_some() => {}
            (Buffer::Bytes(values), Value::Text(text)) => values.push(ByteArray::from(*text)),
            (Buffer::Longs(values), Value::Integer(number)) => values.push(*number),
            (Buffer::Longs(values), Value::Instant(at)) => values.push(at.micros()),
            (Buffer::Days(values), Value::Date(date)) => values.push(date.days_since_epoch()),
            (Buffer::Decimals(values), Value::Amount(amount, currency)) => values.push(decimal(*amount, *currency)?),
            (_, other) => return Err(Error::Encode(format!("{other:?} does not fit its column"))),
        }
        if let Some(levels) = &mut self.levels {
            levels.push(i16::from(*value != Value::Empty));
        }
        Ok(())
    }

    fn write(&mut self, column: &mut SerializedColumnWriter<'_>) -> Result<(), ParquetError> {
        let levels = self.levels.as_deref();
        match &mut self.values {
            Buffer::Bytes(values) => batch::<ByteArrayType>(column, values, levels)?,
            Buffer::Longs(values) => batch::<Int64Type>(column, values, levels)?,
            Buffer::Days(values) => batch::<Int32Type>(column, values, levels)?,
            Buffer::Decimals(values) => batch::<FixedLenByteArrayType>(column, values, levels)?,
        }
        if let Some(levels) = &mut self.levels {
            levels.clear();
        }
        Ok(())
    }
}

fn batch<T: DataType>(
    column: &mut SerializedColumnWriter<'_>,
    values: &mut Vec<T::T>,
    levels: Option<&[i16]>,
) -> Result<(), ParquetError> {
    column.typed::<T>().write_batch(values, levels, None)?;
    values.clear();
    Ok(())
}

/// An amount in the major unit with [`SCALE`] decimals, big-endian two's complement.
fn decimal(amount: Amount, currency: Currency) -> Result<FixedLenByteArray, Error> {
    let too_fine = || Error::Encode(format!("{currency} has more than {SCALE} decimals"));
    let missing = SCALE.unsigned_abs().checked_sub(currency.exponent()).ok_or_else(too_fine)?;
    let factor = 10_i128.checked_pow(missing).ok_or_else(too_fine)?;
    let scaled = i128::from(amount.minor()).checked_mul(factor).ok_or_else(too_fine)?;
    let bytes = scaled.to_be_bytes();
    let from = bytes.len().saturating_sub(WIDTH);
    Ok(FixedLenByteArray::from(bytes.get(from..).unwrap_or_default().to_vec()))
}

impl ParquetFile {
    pub fn new(table: &'static Table, out: Output) -> Result<Self, Error> {
        let properties = WriterProperties::builder()
            .set_compression(Compression::SNAPPY)
            .set_created_by(concat!("iledger ", env!("CARGO_PKG_VERSION")).to_owned())
            .build();
        let writer = SerializedFileWriter::new(out, schema(table)?, Arc::new(properties))?;
        Ok(Self { writer, columns: table.columns.iter().map(empty).collect(), rows: 0 })
    }

    fn group(&mut self) -> Result<(), ParquetError> {
        if self.rows == 0 {
            return Ok(());
        }
        let mut group = self.writer.next_row_group()?;
        for filling in &mut self.columns {
            let Some(mut column) = group.next_column()? else { break };
            filling.write(&mut column)?;
            column.close()?;
        }
        group.close()?;
        self.rows = 0;
        Ok(())
    }
}

impl Part for ParquetFile {
    fn row(&mut self, values: &[Value<'_>]) -> Result<(), Error> {
        for (filling, value) in self.columns.iter_mut().zip(values) {
            filling.push(value)?;
        }
        self.rows = self.rows.saturating_add(1);
        if self.rows >= GROUP {
            self.group()?;
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<Output, Error> {
        self.group()?;
        Ok(self.writer.into_inner()?)
    }
}
