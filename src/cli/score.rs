//! `vigie score`: rows → scores, by the model file itself.

use std::num::NonZero;

use super::{
    Ending,
    args::{OutputArg, ScoreArgs},
    say::say,
};
use crate::{
    fault::Result,
    monitor::{Output, Scoring, score},
};

pub(super) fn run(args: &ScoreArgs) -> Result<Ending> {
    let outputs = args.output.iter().map(|output| match output {
        OutputArg::Raw => Output::Raw,
        OutputArg::Probability => Output::Probability,
        OutputArg::Decision => Output::Decision,
        OutputArg::Shap => Output::Shap,
    });
    let rows = score(&Scoring {
        model: args.model.clone(),
        data: args.data.clone(),
        out: args.out.clone(),
        outputs: outputs.collect(),
        id: args.id.clone(),
        threads: std::thread::available_parallelism().map_or(1, NonZero::get),
    })?;
    say(&format!("{}: {rows} rows scored\n", args.out.display()));
    Ok(Ending::Told)
}
