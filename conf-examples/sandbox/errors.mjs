/*
 * Transaction errors in Solana's own words.
 *
 * LiteSVM names an error by its number in the runtime's enumeration; a node
 * answers with the name: "BlockhashNotFound", {"InstructionError":[0,
 * {"Custom":1}]}.
 */

const TRANSACTION_ERRORS = `AccountInUse AccountLoadedTwice AccountNotFound
ProgramAccountNotFound InsufficientFundsForFee InvalidAccountForFee
AlreadyProcessed BlockhashNotFound CallChainTooDeep MissingSignatureForFee
InvalidAccountIndex SignatureFailure InvalidProgramForExecution SanitizeFailure
ClusterMaintenance AccountBorrowOutstanding WouldExceedMaxBlockCostLimit
UnsupportedVersion InvalidWritableAccount WouldExceedMaxAccountCostLimit
WouldExceedAccountDataBlockLimit TooManyAccountLocks AddressLookupTableNotFound
InvalidAddressLookupTableOwner InvalidAddressLookupTableData
InvalidAddressLookupTableIndex InvalidRentPayingAccount
WouldExceedMaxVoteCostLimit WouldExceedAccountDataTotalLimit
MaxLoadedAccountsDataSizeExceeded ResanitizationNeeded
InvalidLoadedAccountsDataSizeLimit UnbalancedTransaction
ProgramCacheHitMaxLimit CommitCancelled`.split(/\s+/);

const INSTRUCTION_ERRORS = `GenericError InvalidArgument InvalidInstructionData
InvalidAccountData AccountDataTooSmall InsufficientFunds IncorrectProgramId
MissingRequiredSignature AccountAlreadyInitialized UninitializedAccount
UnbalancedInstruction ModifiedProgramId ExternalAccountLamportSpend
ExternalAccountDataModified ReadonlyLamportChange ReadonlyDataModified
DuplicateAccountIndex ExecutableModified RentEpochModified NotEnoughAccountKeys
AccountDataSizeChanged AccountNotExecutable AccountBorrowFailed
AccountBorrowOutstanding DuplicateAccountOutOfSync InvalidError
ExecutableDataModified ExecutableLamportChange ExecutableAccountNotRentExempt
UnsupportedProgramId CallDepth MissingAccount ReentrancyNotAllowed
MaxSeedLengthExceeded InvalidSeeds InvalidRealloc ComputationalBudgetExceeded
PrivilegeEscalation ProgramEnvironmentSetupFailure ProgramFailedToComplete
ProgramFailedToCompile Immutable IncorrectAuthority AccountNotRentExempt
InvalidAccountOwner ArithmeticOverflow UnsupportedSysvar IllegalOwner
MaxAccountsDataAllocationsExceeded MaxAccountsExceeded
MaxInstructionTraceLengthExceeded BuiltinProgramsMustConsumeComputeUnits
BorshIoError`.split(/\s+/);


/* From LiteSVM's error to the JSON a node would send as `err`. */
export function transactionError(error) {
    if (typeof error === "number") {
        return TRANSACTION_ERRORS[error];
    }

    if (typeof error.err === "function") {
        return { InstructionError: [error.index,
                                    instructionError(error.err())] };
    }

    if (error.accountIndex !== undefined) {
        return { InsufficientFundsForRent:
                     { account_index: error.accountIndex } };
    }

    return { DuplicateInstruction: error.index };
}


function instructionError(error) {
    if (typeof error === "number") {
        return INSTRUCTION_ERRORS[error];
    }

    return error.code === undefined ? "BorshIoError" : { Custom: error.code };
}


/* The sentence a node puts into its error message. */
export function errorText(error) {
    if (error === "BlockhashNotFound") {
        return "Blockhash not found";
    }

    if (error === "AlreadyProcessed") {
        return "This transaction has already been processed";
    }

    if (error === "AccountNotFound") {
        return "Attempt to debit an account but found no record of a prior "
            + "credit.";
    }

    if (error?.InstructionError) {
        const [index, cause] = error.InstructionError;
        const text = cause.Custom === undefined
            ? cause : `custom program error: 0x${cause.Custom.toString(16)}`;

        return `Error processing Instruction ${index}: ${text}`;
    }

    return typeof error === "string" ? error : JSON.stringify(error);
}


/* The number a program failed with, or null. */
export function programErrorCode(error) {
    const code = error?.InstructionError?.[1]?.Custom;

    return code === undefined ? null : code;
}
