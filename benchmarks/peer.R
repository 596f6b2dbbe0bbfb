# R survey, one call a line of standard input: "BY ITEM ITEM ..." for means, with "-" for no groups, or "@TASK"
# for one of the tasks of benchmarks/estimation.py.
# Rscript --vanilla peer.R FOLDER; the columns stand in FOLDER as raw 8-byte numbers, NaN where missing.
# Prints "ready", then for each call its seconds; the numbers go to FOLDER/r.csv.
suppressPackageStartupMessages(library(survey))
folder <- commandArgs(TRUE)[1]
files <- list.files(folder, pattern = "[.]f8$", full.names = TRUE)
data <- lapply(files, function(file) readBin(file, "double", file.size(file) / 8))
names(data) <- sub("[.]f8$", "", basename(files))
data <- as.data.frame(lapply(data, function(x) { x[is.nan(x)] <- NA; x }))
cat("ready\n")
flush(stdout())

answer <- function(by, items) {
  design <- svydesign(ids = ~psu, strata = ~stratum, weights = ~weight, data = data)
  parts <- lapply(items, function(item) {
    y <- reformulate(item)
    if (by == "-") {
      m <- svymean(y, design, na.rm = TRUE)
      data.frame(estimate = as.numeric(coef(m)), se = as.numeric(SE(m)))
    } else {
      m <- svyby(y, reformulate(by), design, svymean, na.rm = TRUE)
      data.frame(estimate = m[[item]], se = m[["se"]])
    }
  })
  do.call(rbind, parts)
}

table_of <- function(m, d) {
  limits <- confint(m, df = degf(d))
  data.frame(estimate = as.numeric(coef(m)), se = as.numeric(SE(m)), low = limits[, 1], high = limits[, 2])
}

design <- function() svydesign(ids = ~psu, strata = ~stratum, weights = ~weight, data = data)

replicated <- function(d, ...) {
  made <- as.svrepdesign(d, mse = TRUE, ...)
  table_of(svymean(~item_1, made, na.rm = TRUE), d)
}

tasks <- list(
  shares_logit = function() {
    d <- design()
    parts <- lapply(1:5, function(k) {
      p <- svyciprop(as.formula(sprintf("~I(item_1 == %d)", k)), d, method = "logit", na.rm = TRUE)
      limits <- as.numeric(attr(p, "ci"))
      data.frame(estimate = as.numeric(p), se = sqrt(as.numeric(attr(p, "var"))), low = limits[1], high = limits[2])
    })
    do.call(rbind, parts)
  },
  ratio = function() {
    d <- design()
    table_of(svyratio(~item_1, ~item_2, d, na.rm = TRUE), d)
  },
  median = function() {
    q <- svyquantile(~x_1, design(), 0.5, interval.type = "mean", qrule = "math")
    limits <- confint(q)
    data.frame(estimate = as.numeric(coef(q)), se = as.numeric(SE(q)), low = limits[, 1], high = limits[, 2])
  },
  rao_scott = function() {
    test <- svychisq(~item_1 + sex, design(), statistic = "F")
    data.frame(statistic = as.numeric(test$statistic), df = as.numeric(test$parameter), p = as.numeric(test$p.value))
  },
  pairs = function() {
    means <- svyby(~item_1, ~place, subset(design(), place >= 0), svymean, na.rm = TRUE, covmat = TRUE)
    v <- vcov(means)
    y <- coef(means)
    at <- combn(length(y), 2)
    a <- at[1, ]
    b <- at[2, ]
    data.frame(estimate = abs(y[a] - y[b]), se = sqrt(v[cbind(a, a)] + v[cbind(b, b)] - 2 * v[cbind(a, b)]))
  },
  logit = function() {
    model <- svyglm(reformulate(paste0("x_", 1:10), "yes"), design(), family = quasibinomial())
    limits <- confint(model)
    data.frame(estimate = coef(model), se = SE(model), low = limits[, 1], high = limits[, 2])
  },
  brr = function() {
    d <- svydesign(ids = ~half_psu, strata = ~half_stratum, weights = ~weight, data = data)
    replicated(d, type = "BRR")
  },
  bootstrap = function() replicated(design(), type = "subbootstrap", replicates = 500),
  jackknife = function() replicated(design(), type = "JKn")
)

input <- file("stdin", open = "r")
while (length(line <- readLines(input, n = 1)) > 0) {
  words <- strsplit(line, " ", fixed = TRUE)[[1]]
  start <- proc.time()[["elapsed"]]
  table <- if (startsWith(words[1], "@")) tasks[[substring(words[1], 2)]]() else answer(words[1], words[-1])
  seconds <- proc.time()[["elapsed"]] - start
  write.csv(table, file.path(folder, "r.csv"), row.names = FALSE)
  cat(format(seconds, digits = 6), "\n", sep = "")
  flush(stdout())
}
