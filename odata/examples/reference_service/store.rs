//! Rows that can be changed: each change makes a new service of them.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use odata::batch::Answer;

use crate::data::{self, Tables};
use crate::memory::{Call, Parts, Service};
use crate::write::Change;

/// What is served now, and what a change set would go back to.
pub(crate) struct Store {
    state: Mutex<State>,
}

struct State {
    tables: Tables,
    before: Tables,
    service: Arc<Service>,
}

impl Store {
    pub(crate) fn new() -> Self {
        let tables = data::tables();
        let service = Arc::new(data::service(&tables));
        Self {
            state: Mutex::new(State {
                before: tables.clone(),
                tables,
                service,
            }),
        }
    }

    pub(crate) fn answer(&self, call: Call<'_>) -> Answer {
        if call.method == "POST" && call.target == "/Reseed" {
            self.replace(data::tables());
            return Answer::new(200);
        }
        let read = matches!(call.method, "GET" | "HEAD" | "OPTIONS");
        if read || call.target.starts_with("/$batch") {
            let service = Arc::clone(&self.state().service);
            return service.answer_with(call, self);
        }
        self.change(call)
    }

    fn change(&self, call: Call<'_>) -> Answer {
        let (mut tables, service) = {
            let state = self.state();
            (state.tables.clone(), Arc::clone(&state.service))
        };
        let Some(change) = Change::read(&call) else {
            // The crate knows why: no such path, or not to be changed.
            return service.answer(call);
        };
        let answer = change.apply(&mut tables, &call);
        if answer.is_success() {
            self.replace(tables);
        }
        let service = Arc::clone(&self.state().service);
        change.shown(answer, &call, &service)
    }

    fn replace(&self, tables: Tables) {
        let service = Arc::new(data::service(&tables));
        let mut state = self.state();
        state.tables = tables;
        state.service = service;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Parts for Store {
    fn part(&self, call: Call<'_>) -> Answer {
        self.answer(call)
    }

    fn begin(&self) {
        let mut state = self.state();
        let State { tables, before, .. } = &mut *state;
        before.clone_from(tables);
    }

    fn undo(&self) {
        let before = self.state().before.clone();
        self.replace(before);
    }
}
