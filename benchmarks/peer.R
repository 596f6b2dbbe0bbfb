# Means by R survey, one call a line of standard input: "BY ITEM ITEM ..." with "-" for no groups.
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

input <- file("stdin", open = "r")
while (length(line <- readLines(input, n = 1)) > 0) {
  words <- strsplit(line, " ", fixed = TRUE)[[1]]
  start <- proc.time()[["elapsed"]]
  table <- answer(words[1], words[-1])
  seconds <- proc.time()[["elapsed"]] - start
  write.csv(table, file.path(folder, "r.csv"), row.names = FALSE)
  cat(format(seconds, digits = 6), "\n", sep = "")
  flush(stdout())
}
