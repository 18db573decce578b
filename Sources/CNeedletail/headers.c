// Compiles the headers as C. The functions are in the Swift target NeedletailC.
#include "needletail.h"
#include "needletail_wasi.h"
