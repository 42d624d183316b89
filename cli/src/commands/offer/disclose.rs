//! `offer disclose`: what one plan would cost.

use super::caps::{CapArgs, RateCapPolicy};
use super::plan::ChoiceArgs;
use super::statement::{self, Statement};
use super::view;
use crate::args::Options;
use crate::exit::Failure;
use crate::render::Document;

/// Show what a plan would cost: every item, who collects it, and the annualised cost by each method
#[derive(Debug, clap::Args)]
#[command(before_help = "Examples:
  iledger offer disclose --product flat-fee-12 --principal 12000
  iledger offer disclose --product annuity-12 --principal 12000 --cost guarantee:300:upfront:guarantor
  iledger offer disclose --product annuity-12 --principal 12000 --statement cn
  iledger offer disclose --product annuity-12 --principal 12000 --rate 30% --rate-cap reject --jurisdiction CN --lender micro-loan")]
pub struct Args {
    /// Product that the terms are made from (see `iledger product list`)
    #[arg(long, value_name = "ID")]
    product: String,
    /// How much is lent
    #[arg(long, value_name = "AMOUNT", allow_negative_numbers = true)]
    principal: String,
    #[command(flatten)]
    choices: ChoiceArgs,
    /// Print the statement that a jurisdiction prescribes instead
    #[arg(long, value_name = "WHOSE")]
    statement: Option<Statement>,
    /// Hold the annualised cost against the caps in force
    #[arg(long, value_enum, value_name = "POLICY", default_value_t = RateCapPolicy::Off)]
    rate_cap: RateCapPolicy,
    #[command(flatten)]
    caps: CapArgs,
}

/// Discloses a plan.
pub fn run(args: &Args, options: &Options) -> Result<(), Failure> {
    let plan = args.choices.plan(&args.product, &args.principal, options)?;
    let caps = args.caps.enforce(args.rate_cap, &plan, options)?;
    let document = match args.statement {
        Some(whose) => statement::document(whose, &plan.disclosure),
        None => {
            let start = Document::new()
                .field("product", plan.terms.product.as_str())
                .field("paid_out_on", plan.on)
                .field("instalments", plan.terms.instalments);
            view::document(start, &plan.disclosure)?
        }
    };
    match caps {
        Some(sheet) => document.sheet(sheet).print(options),
        None => document.print(options),
    }
}
