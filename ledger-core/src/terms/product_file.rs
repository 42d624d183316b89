//! The TOML file that products stand in.

use super::product::{Method, Overrides, PenaltyBasis, PenaltyRule, Product};
use super::product_toml::{AllocationToml, FileToml, LateFeeToml, PenaltyToml, ProductToml};
use super::{
    AllocationOrder, CustomInstalment, LateFee, LateFeeRule, OfferError, ProductError, ReferenceDigest, TermsError,
};
use crate::calendar::Date;
use crate::money::{Amount, Currency, Rate, text};

/// The format of product files, which `data/products.toml` explains and uses in full.
#[derive(Debug)]
pub struct ProductFile;

const BUILTIN: &str = include_str!("../../data/products.toml");

impl ProductFile {
    /// The text of the file of built-in products, as a start for one's own.
    pub const BUILTIN_TEXT: &str = BUILTIN;

    /// The built-in products.
    ///
    /// # Errors
    /// None in a released version: a test reads them.
    pub fn builtin() -> Result<Vec<Product>, ProductError> {
        Self::parse(BUILTIN, "built-in products")
    }

    /// Reads products; `source_name` is what errors call the file.
    ///
    /// # Errors
    /// [`ProductError`] names the first place that is not accepted.
    pub fn parse(text: &str, source_name: &str) -> Result<Vec<Product>, ProductError> {
        let file: FileToml = toml::from_str(text).map_err(|error| ProductError {
            source_name: source_name.to_owned(),
            line: error.span().map(|span| line_of(text, span.start)),
            product: None,
            field: String::new(),
            problem: error.message().to_owned(),
        })?;
        let mut products: Vec<Product> = Vec::with_capacity(file.product.len());
        for entry in file.product {
            let start = entry.span().start;
            let raw = entry.into_inner();
            let id = raw.id.clone();
            let place = |error: TermsError| ProductError {
                source_name: source_name.to_owned(),
                line: Some(line_of_field(text, start, error.field)),
                product: Some(id.clone()),
                field: error.field.to_owned(),
                problem: error.problem,
            };
            if products.iter().any(|before| before.id == raw.id) {
                return Err(place(TermsError::new("id", "is taken by a product above: choose another")));
            }
            let product = product(raw).map_err(place)?;
            try_out(&product).map_err(place)?;
            products.push(product);
        }
        Ok(products)
    }
}

fn product(raw: ProductToml) -> Result<Product, TermsError> {
    let currency = raw.currency;
    let limit = |field, text: Option<String>| text.map(|text| amount(field, &text, currency)).transpose();
    let limits = raw.limits.unwrap_or_default();
    let (min_principal, max_principal) =
        (limit("limits.min_principal", limits.min_principal)?, limit("limits.max_principal", limits.max_principal)?);
    if let (Some(least), Some(most)) = (min_principal, max_principal)
        && least > most
    {
        return Err(TermsError::new("limits.min_principal", "exceeds `max_principal`"));
    }
    if raw.balloon_share.is_some() && raw.amortisation != Method::InterestOnly {
        return Err(TermsError::new("balloon_share", "is for amortisation = \"interest-only\" alone: leave it out"));
    }
    let allocation = raw.allocation.map_or_else(|| Ok(AllocationOrder::default()), allocation)?;
    let servicing = raw.servicing.map(|raw_servicing| raw_servicing.contract(raw.day_count, &allocation, currency));
    Ok(Product {
        id: raw.id,
        name: raw.name,
        currency,
        method: raw.amortisation,
        balloon_share: raw.balloon_share.map(|share| share.0),
        instalments: raw.instalments,
        frequency: raw.frequency.0,
        first_due_after_days: raw.first_due_after_days,
        annual_rate: raw.annual_rate.map(|rate| rate.0),
        day_count: raw.day_count,
        flat_fee: raw.flat_fee.map(Into::into),
        rounding: raw.rounding,
        instalment_rounding: raw.instalment_rounding.unwrap_or(raw.rounding),
        residue: raw.residue,
        smoothing: raw.smoothing,
        significant_digits: raw.significant_digits,
        grace_days: raw.grace_days,
        late_fee: raw.late_fee.map(|fee| late_fee(fee, currency)).transpose()?,
        penalty: raw.penalty.map(penalty).transpose()?,
        allocation,
        calendar: raw.calendar,
        adjustment: raw.adjustment,
        servicing: servicing.transpose()?.map(Box::new),
        min_principal,
        max_principal,
        overridable: raw.overridable,
    })
}

fn amount(field: &'static str, text: &str, currency: Option<Currency>) -> Result<Amount, TermsError> {
    let currency = currency.ok_or_else(|| {
        TermsError::new(field, "is an amount, and the product has no currency: give it one, or use a percentage")
    })?;
    text::parse(text, currency).map_err(|error| TermsError::new(field, format!("is wrong: {error}")))
}

fn late_fee(raw: LateFeeToml, currency: Option<Currency>) -> Result<LateFee, TermsError> {
    let fixed = raw.fixed.map(|text| amount("late_fee.fixed", &text, currency)).transpose()?;
    let rule = match (fixed, raw.percent) {
        (Some(fixed), None) => LateFeeRule::Fixed(fixed),
        (None, Some(percent)) => LateFeeRule::Percent(percent.0),
        (Some(fixed), Some(percent)) => LateFeeRule::Greater(fixed, percent.0),
        (None, None) => {
            return Err(TermsError::new("late_fee", "needs `fixed`, `percent`, or both (the greater counts)"));
        }
    };
    let cap = raw.cap.map(|text| amount("late_fee.cap", &text, currency)).transpose()?;
    Ok(LateFee { rule, cap, backdating: raw.backdating })
}

fn penalty(raw: PenaltyToml) -> Result<PenaltyRule, TermsError> {
    let rate = match (raw.annual_rate, raw.factor) {
        (Some(annual), None) => PenaltyBasis::Annual(annual.0),
        (None, Some(factor)) => PenaltyBasis::Factor(factor.0),
        _ => return Err(TermsError::new("penalty", "needs either `annual_rate` or `factor`")),
    };
    Ok(PenaltyRule { rate, day_count: raw.day_count })
}

fn allocation(raw: AllocationToml) -> Result<AllocationOrder, TermsError> {
    match (raw.components, raw.buckets) {
        (Some(components), None) => Ok(AllocationOrder::uniform(raw.direction, components)),
        (None, Some(buckets)) => {
            let buckets = buckets.into_iter().map(|bucket| bucket.0).collect();
            Ok(AllocationOrder { direction: raw.direction, buckets })
        }
        _ => Err(TermsError::new("allocation", "needs either `components` or `buckets`")),
    }
}

/// Makes the terms of a sample loan, so that a wrong file is refused when it is read and not when somebody borrows.
fn try_out(product: &Product) -> Result<(), TermsError> {
    let principal = product.max_principal.or(product.min_principal).unwrap_or(Amount::from_minor(1_000_000));
    let whole = CustomInstalment { due_after_days: 30, principal, interest: Amount::ZERO, fee: Amount::ZERO };
    let overrides = Overrides {
        custom: (product.method == Method::Custom).then(|| vec![whole]),
        calendar: product.calendar.clone().map(|id| ReferenceDigest { id, sha256: "0".repeat(64) }),
        ..Overrides::default()
    };
    // what the product leaves to the loan is made up here
    let sample = Product {
        instalments: product.instalments.or(Some(12)),
        annual_rate: product.annual_rate.or(Some(Rate::default())),
        ..product.clone()
    };
    let currency = product.currency.unwrap_or(Currency::USD);
    let date = Date::from_days_since_epoch(20_000)
        .map_err(|error| TermsError::new("first_due_after_days", error.to_string()))?;
    match sample.terms(principal, currency, date, &overrides) {
        Ok(_) => Ok(()),
        Err(OfferError::Terms { problem, .. }) => Err(problem),
        Err(other) => Err(TermsError::new("id", format!("makes no terms: {other}"))),
    }
}

fn line_of(text: &str, at: usize) -> usize {
    text.bytes().take(at).filter(|byte| *byte == b'\n').count().saturating_add(1)
}

/// The line on which a field of the product that begins at `start` is set: that of the deepest level that stands on a line of
/// its own, or else the product's first line.
fn line_of_field(text: &str, start: usize, field: &str) -> usize {
    let first = line_of(text, start);
    let mut levels = match field {
        "product" => "id",
        field => field,
    }
    .split('.');
    let of_product = text.lines().zip(1_usize..).skip(first);
    let of_product = of_product.take_while(|(line, _)| !line.trim_start().starts_with("[[product]]"));
    let lines: Vec<(&str, usize)> = of_product.collect();
    let sets = |line: &str, key: &str| {
        let line = line.trim_start();
        let names = line.strip_prefix('[').and_then(|line| line.split(']').next());
        match names {
            Some(names) => names.split('.').any(|name| name == key),
            None => line.strip_prefix(key).is_some_and(|rest| rest.trim_start().starts_with(['=', '.'])),
        }
    };
    let find = |key: &str, after: usize| lines.iter().find(|(line, number)| *number > after && sets(line, key));
    let Some(&(_, mut found)) = levels.next().and_then(|key| find(key, first)) else { return first };
    for key in levels {
        if let Some((_, deeper)) = find(key, found) {
            found = *deeper;
        }
    }
    found
}
