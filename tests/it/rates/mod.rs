//! How often the right story is told, on fresh rows of the example's population, for incidents that were written down with
//! their answers before the rules were measured.
//!
//! By default one draw of each incident on rows of the committed log. For rates worth quoting, make rows that no one has
//! seen (`reference_data/home_credit/fresh_rows.py --rows 60000 --out FOLDER`) and run
//! `VIGIE_FRESH=FOLDER VIGIE_STORY_DRAWS=100 cargo test --test it rates -- --nocapture`.

mod incidents;
mod pool;
mod rates;
mod window;
