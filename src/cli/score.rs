//! `vigie score`: scores rows with the model file.

use std::num::NonZero;

use super::{
    ExitStatus,
    print::{noun, print, print_error},
    score_args::{OutputArg, ScoreArgs},
};
use crate::{
    fault::Result,
    monitor::{Output, ScoreRequest, ScoredFile, score},
};

pub(super) fn run(args: &ScoreArgs) -> Result<ExitStatus> {
    let outputs = args.output.iter().map(|output| match output {
        OutputArg::Raw => Output::Raw,
        OutputArg::Probability => Output::Probability,
        OutputArg::Prediction => Output::Prediction,
        OutputArg::Decision => Output::Decision,
        OutputArg::Shap => Output::Shap,
    });
    let ScoredFile { rows, notes } = score(&ScoreRequest {
        model: args.model_args.file(&args.model, None),
        data: args.data.clone(),
        csv: args.csv.csv.unwrap_or_default(),
        out: args.out.clone(),
        outputs: outputs.collect(),
        id: args.id.clone(),
        threads: std::thread::available_parallelism().map_or(1, NonZero::get),
    })?;
    for note in notes {
        print_error(&format!("note: {note}"));
    }
    print(&format!("{}: {rows} {} scored\n", args.out.display(), noun(rows as u64, "row")));
    Ok(ExitStatus::Success)
}
